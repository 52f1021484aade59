// The HTTP client to call the remote system with. It spends no more than the hub
// granted, calls only hosts that the description lists or the operator has put in
// their place, follows no redirect, and says of every failure whether the request
// may have taken effect.
import { createHash } from "node:crypto";
import * as http from "node:http";
import * as https from "node:https";
import type { RawPage } from "../gen/types/kvitt/connector/v1/RawPage";
import { Call } from "./call";
import { Fault } from "./fault";

export interface Request {
  method?: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** One of the hosts of the description. */
  host: string;
  /** Path and query. Parts that come from elsewhere go through encodeURIComponent. */
  path: string;
  headers?: Record<string, string>;
  body?: string;
}

export interface Answer {
  status: number;
  body: Buffer;
  raw: RawPage;
}

const longestBody = 6 << 20;

/** Makes one request. Whatever is not a good answer is thrown as a Fault. */
export async function send(call: Call, request: Request): Promise<Answer> {
  const target = resolve(call, request);
  call.spend();
  const began = Date.now();
  const { response, body } = await exchange(call, request, target);
  const status = response.statusCode ?? 0;
  call.log.debug("upstream call done", { host: target.host, path: target.pathname, status, took_ms: Date.now() - began });
  const waitMs = retryAfter(response);
  if (status === 429) call.limited(waitMs);
  const fault = classify(request, status, waitMs);
  if (fault) throw fault;
  const raw = {
    sha256: createHash("sha256").update(body).digest("hex"),
    media_type: response.headers["content-type"] ?? "",
    bytes: body,
  };
  return { status, body, raw };
}

function resolve(call: Call, request: Request): URL {
  const base = new URL(call.hosts[request.host] ?? request.host);
  const target = new URL(base.href.replace(/\/$/, "") + request.path);
  if (target.origin !== base.origin) {
    throw new Fault("upstream.host_refused", "not_sent", "the request was to go to a host that the connector has not declared");
  }
  return target;
}

function exchange(call: Call, request: Request, target: URL): Promise<{ response: http.IncomingMessage; body: Buffer }> {
  const secure = target.protocol === "https:";
  return new Promise((resolve, reject) => {
    let connected = false;
    const fail = (reason: string) => reject(connected ? cutOff(request, reason) : unreachable());
    const sent = (secure ? https : http).request(target, {
      method: request.method ?? "GET",
      headers: request.headers,
      signal: call.signal,
      // A kept connection that the other end closes meanwhile fails requests for nothing.
      agent: false,
    });
    sent.on("socket", (socket) => socket.once(secure ? "secureConnect" : "connect", () => (connected = true)));
    sent.on("error", () => fail(call.signal.aborted ? "no answer came in time" : "the connection broke"));
    sent.on("response", (response) => {
      const chunks: Buffer[] = [];
      let size = 0;
      response.on("data", (chunk: Buffer) => {
        chunks.push(chunk);
        size += chunk.length;
        if (size > longestBody) {
          reject(tooLarge(request));
          sent.destroy();
        }
      });
      response.on("end", () => resolve({ response, body: Buffer.concat(chunks) }));
      response.on("error", () => fail("the connection broke"));
    });
    sent.end(request.body);
  });
}

/** The fault of an answer by its status, undefined for 2xx. */
function classify(request: Request, status: number, retryAfterMs: number): Fault | undefined {
  const reason = `the remote system answered ${status} ${http.STATUS_CODES[status] ?? ""}`.trim();
  const is = (code: string, kind: Fault["kind"], remedy?: string) =>
    new Fault(`upstream.${code}`, kind, reason, { source: "upstream", remedy, retryAfterMs });
  if (status >= 200 && status < 300) return undefined;
  if (status === 401) return is("unauthorized", "auth", "check the credentials of the connection");
  if (status === 403) return is("forbidden", "auth", "give the credentials the rights that the connector needs");
  if (status === 404 || status === 410) return is("not_found", "not_found");
  if (status === 409 || status === 412) return is("conflict", "conflict");
  if (status === 429) return is("rate_limited", "rate_limited");
  if (status === 408 || status >= 500) return is("server_error", open(request));
  if (status >= 400) return is("refused", "validation");
  return is("redirected", open(request));
}

/** The class of a failure that does not say what has happened. */
function open(request: Request): "temporary" | "unknown" {
  return (request.method ?? "GET") === "GET" ? "temporary" : "unknown";
}

function unreachable(): Fault {
  return new Fault("upstream.unreachable", "not_sent", "no connection could be made", { source: "upstream" });
}

function cutOff(request: Request, reason: string): Fault {
  return new Fault("upstream.cut_off", open(request), reason, { source: "upstream" });
}

function tooLarge(request: Request): Fault {
  const kind = open(request) === "unknown" ? "unknown" : "validation";
  return new Fault("upstream.answer_too_large", kind, "the answer is larger than the connector reads", { source: "upstream" });
}

// Nobody means more; a larger number would park a merchant for ever.
const longestWait = 24 * 3600 * 1000;

/** How long a refused client is asked to wait (RFC 9110: seconds or a date). */
function retryAfter(response: http.IncomingMessage): number {
  const text = response.headers["retry-after"]?.trim();
  if (!text || (response.statusCode !== 429 && response.statusCode !== 503)) return 0;
  const ms = /^\d{1,9}$/.test(text) ? Number(text) * 1000 : Date.parse(text) - Date.now();
  return Number.isNaN(ms) ? 0 : Math.min(Math.max(ms, 0), longestWait);
}
