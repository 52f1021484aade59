// One call of the hub: whose it is, what it may spend, and when it must end.
import type { Call__Output } from "../gen/types/kvitt/connector/v1/Call";
import { Fault, Usage } from "./fault";
import { Log } from "./log";
import { duration } from "./protocol";

export class Call {
  readonly settings: Record<string, unknown>;
  readonly credentials: Record<string, string>;
  /** Base URLs to call in the place of those of the description, by the latter. */
  readonly hosts: Record<string, string>;
  /** Aborted when the hub no longer waits for the answer. */
  readonly signal: AbortSignal;

  private readonly grant: number;
  private calls = 0;
  private rateLimited = 0;
  private retryAfterMs = 0;

  constructor(message: Call__Output | null, readonly log: Log, ended: AbortSignal) {
    const connection = message?.connection;
    this.settings = parseSettings(connection?.settings);
    this.credentials = connection?.credentials ?? {};
    this.hosts = connection?.hosts ?? {};
    this.grant = message?.grant ?? 0;
    this.signal = ended;
  }

  /** Takes one call of the remote API from the grant, or refuses. */
  spend(): void {
    if (this.calls >= this.grant) {
      throw new Fault("connector.grant_exhausted", "not_sent", "the request needs more calls of the remote API than it was granted");
    }
    this.calls++;
  }

  /** Notes that the remote system refused a call for exceeding a limit. */
  limited(retryAfterMs: number): void {
    this.rateLimited++;
    this.retryAfterMs = Math.max(this.retryAfterMs, retryAfterMs);
  }

  /** What has been spent so far. */
  get usage(): Usage {
    const wait = this.retryAfterMs > 0 ? duration(this.retryAfterMs) : null;
    return { calls: this.calls, rate_limited: this.rateLimited, retry_after: wait };
  }

  /** Credentials that are long enough to be told from other text, the longest first. */
  get secrets(): string[] {
    return Object.values(this.credentials)
      .filter((value) => value.length >= 6)
      .sort((a, b) => b.length - a.length);
  }
}

function parseSettings(text: Buffer | Uint8Array | string | undefined): Record<string, unknown> {
  if (!text || text.length === 0) return {};
  let settings: unknown;
  try {
    settings = JSON.parse(Buffer.from(text as Uint8Array).toString("utf8"));
  } catch {
    // falls through: what is no JSON is no object either
  }
  if (typeof settings === "object" && settings !== null && !Array.isArray(settings)) {
    return settings as Record<string, unknown>;
  }
  throw new Fault("connector.invalid_message", "validation", "the settings are not a JSON object", {
    source: "hub",
    field: "call.connection.settings",
  });
}
