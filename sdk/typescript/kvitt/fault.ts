// The error contract: every failure is a Fault, whose class tells the hub what it
// may do next, and crosses as a gRPC status with details.
import * as grpc from "@grpc/grpc-js";
import { duration, encode } from "./protocol";

/** What the caller may do after a failure, and the status that carries it. */
const statuses = {
  /** The input makes no sense; the same call fails again. */
  validation: grpc.status.INVALID_ARGUMENT,
  /** The credentials are wrong, expired or lack a right. */
  auth: grpc.status.UNAUTHENTICATED,
  /** The thing named does not exist. */
  not_found: grpc.status.NOT_FOUND,
  /** It exists already, or two things answer to one key. */
  duplicate: grpc.status.ALREADY_EXISTS,
  /** The state of the thing forbids it. */
  conflict: grpc.status.FAILED_PRECONDITION,
  /** Nothing happened; try again after a pause. */
  rate_limited: grpc.status.RESOURCE_EXHAUSTED,
  /** A read failed in a way that may pass. */
  temporary: grpc.status.UNAVAILABLE,
  /** The request never left; it may be repeated. */
  not_sent: grpc.status.ABORTED,
  /** A write may or may not have taken effect. */
  unknown: grpc.status.UNKNOWN,
} as const;

export type Class = keyof typeof statuses;

export interface More {
  /** Where it arose: the connector itself if left out. */
  source?: "connector" | "upstream" | "hub";
  /** Path of the value at fault. */
  field?: string;
  /** What to do about it, a sentence without a final stop. */
  remedy?: string;
  /** How long to wait before the next call. */
  retryAfterMs?: number;
}

/** A failure with a stable code "area.reason". Reason and remedy are read by
 *  people: they hold no secret and no personal data. */
export class Fault extends Error {
  constructor(
    readonly code: string,
    readonly kind: Class,
    readonly reason: string,
    readonly more: More = {},
  ) {
    super(`${code}: ${reason}`);
  }
}

/** What a request has cost. */
export interface Usage {
  calls: number;
  rate_limited: number;
  retry_after: { seconds: string; nanos: number } | null;
}

// Texts of a status travel in headers, so they are kept short.
const longest = { reason: 2048, remedy: 1024, field: 256 };

/** The status, with its details, that a failed call ends with. */
export function status(fault: Fault, usage: Usage, secrets: string[]): grpc.ServiceError {
  const clean = (text: string, most: number) => hide(text, secrets).slice(0, most);
  const reason = clean(fault.reason, longest.reason);
  const info: Record<string, string> = { class: fault.kind, source: fault.more.source ?? "connector" };
  if (fault.more.remedy) info["remedy"] = clean(fault.more.remedy, longest.remedy);
  const details = [
    any("google.rpc.ErrorInfo", { domain: "kvitt", reason: fault.code, metadata: info }),
    any("kvitt.connector.v1.Usage", usage),
  ];
  if (fault.more.field) {
    const violation = { field: clean(fault.more.field, longest.field) };
    details.push(any("google.rpc.BadRequest", { field_violations: [violation] }));
  }
  if (fault.more.retryAfterMs) {
    details.push(any("google.rpc.RetryInfo", { retry_delay: duration(fault.more.retryAfterMs) }));
  }
  const code = statuses[fault.kind];
  const metadata = new grpc.Metadata();
  metadata.set("grpc-status-details-bin", Buffer.from(encode("google.rpc.Status", { code, message: reason, details })));
  return Object.assign(new Error(reason), { code, details: reason, metadata });
}

function any(type: string, message: object): { type_url: string; value: Uint8Array } {
  return { type_url: `type.googleapis.com/${type}`, value: encode(type, message) };
}

function hide(text: string, secrets: string[]): string {
  return secrets.reduce((shown, secret) => shown.replaceAll(secret, "[redacted on the wire]"), text);
}
