// How one method of a connector is served: limits, deadline, cost, log, and
// errors that cross the border whole.
import * as grpc from "@grpc/grpc-js";
import { randomBytes } from "node:crypto";
import type { Call__Output } from "../gen/types/kvitt/connector/v1/Call";
import { Call } from "./call";
import { Fault, status, Usage } from "./fault";
import { Log } from "./log";

/** The limits of the protocol. */
export const limits = { message: 8 << 20, items: 1000, raw: 6 << 20 };

type Request = { call: Call__Output | null };
type Answer = object;

const nothing: Usage = { calls: 0, rate_limited: 0, retry_after: null };

/** Makes a gRPC handler of a method. */
export function serve(name: string, method: (request: never, call: Call) => Promise<Answer>, log: Log): grpc.handleUnaryCall<Request, Answer> {
  return (rpc, reply) => {
    const ended = new AbortController();
    rpc.on("cancelled", () => ended.abort()); // the deadline has passed as well
    const entry = log.with({ method: name, connection: rpc.request.call?.connection?.id ?? "" });
    answer(rpc.request, method, entry, ended.signal).then(
      (message) => reply(null, message),
      (error: grpc.ServiceError) => reply(error),
    );
  };
}

async function answer(request: Request, method: (request: never, call: Call) => Promise<Answer>, log: Log, ended: AbortSignal): Promise<Answer> {
  let call: Call | undefined;
  const began = Date.now();
  try {
    call = new Call(request.call, log, ended);
    const message = await method(request as never, call);
    refuseOversized(message);
    log.debug("call done", { took_ms: Date.now() - began });
    return { ...message, usage: call.usage };
  } catch (error) {
    const fault = error instanceof Fault ? error : crashed(error, log);
    log.info("call failed", { code: fault.code, class: fault.kind, took_ms: Date.now() - began });
    throw status(fault, call?.usage ?? nothing, call?.secrets ?? []);
  }
}

/** Any other error is a mistake of the connector. What it says stays in the log:
 *  it was not written for readers. */
function crashed(error: unknown, log: Log): Fault {
  const id = randomBytes(6).toString("hex");
  log.error("connector crashed in a call", { id, stack: error instanceof Error ? error.stack : String(error) });
  return new Fault("connector.panicked", "unknown", `the connector crashed in this call, see ${id} in its log`, {
    remedy: "report the log entry to whoever makes the connector",
  });
}

function refuseOversized(answer: Answer): void {
  for (const [field, value] of Object.entries(answer)) {
    if (!Array.isArray(value)) continue;
    const raw = value.reduce((sum: number, page: { bytes?: Uint8Array }) => sum + (page.bytes?.length ?? 0), 0);
    if (value.length > limits.items || raw > limits.raw) {
      throw new Fault("connector.limit_exceeded", "validation", "the answer is larger than the protocol allows", { field });
    }
  }
}
