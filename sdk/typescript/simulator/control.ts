// The part of a simulator that a test steers: clock, request log and faults, below
// /_sim/, as sdk/simulator/README.md describes it. It shares nothing with the
// connector's kit, so that the two cannot share a mistake.
import { createHash } from "node:crypto";
import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { Faults } from "./faults";

/** What a simulated system answers. */
export interface Reply {
  status: number;
  body: string;
  headers?: Record<string, string>;
}

export type System = (request: { method: string; url: URL; headers: IncomingMessage["headers"] }) => Reply;

interface Logged {
  n: number;
  method: string;
  path: string;
  query: string;
  status: number;
  started: string;
  body_sha256: string;
}

const keptRequests = 10_000;

export class Control {
  private offset: number;
  private total = 0;
  private rateLimited = 0;
  private requests: Logged[] = [];
  private readonly faults = new Faults();

  constructor(start: Date) {
    this.offset = start.getTime() - Date.now();
  }

  /** The simulated time. */
  now(): Date {
    return new Date(Date.now() + this.offset);
  }

  /** Serves the system with the control API before it. */
  handler(system: System): RequestListener {
    return (request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        const body = Buffer.concat(chunks);
        const url = new URL(request.url ?? "/", "http://simulator");
        if (url.pathname.startsWith("/_sim/")) {
          this.steer(request.method ?? "", url.pathname, body, response);
        } else {
          void this.simulate(system, request, url, body, response);
        }
      });
    };
  }

  private async simulate(system: System, request: IncomingMessage, url: URL, body: Buffer, response: ServerResponse): Promise<void> {
    const method = request.method ?? "GET";
    const entry = this.open(method, url, body);
    const handle = () => system({ method, url, headers: request.headers });
    const outcome = await this.faults.strike(entry, response, handle);
    if (!outcome) {
      response.destroy();
      return;
    }
    entry.status = outcome.reply.status;
    if (outcome.reply.status === 429) this.rateLimited++;
    send(response, outcome.reply, outcome.half);
  }

  private open(method: string, url: URL, body: Buffer): Logged {
    const entry = {
      n: ++this.total,
      method,
      path: url.pathname,
      query: url.search.slice(1),
      status: 0,
      started: new Date().toISOString(),
      body_sha256: createHash("sha256").update(body).digest("hex"),
    };
    this.requests = [...this.requests.slice(1 - keptRequests), entry];
    return entry;
  }

  private steer(method: string, path: string, body: Buffer, response: ServerResponse): void {
    const routes: Record<string, () => unknown> = {
      "GET /_sim/clock": () => ({ now: this.now() }),
      "POST /_sim/clock": () => this.moveClock(JSON.parse(body.toString("utf8"))),
      "GET /_sim/requests": () => ({ total: this.total, rate_limited: this.rateLimited, requests: this.requests }),
      "DELETE /_sim/requests": () => {
        [this.total, this.rateLimited, this.requests] = [0, 0, []];
        return {};
      },
      "POST /_sim/faults": () => ({ id: this.faults.add(JSON.parse(body.toString("utf8"))) }),
      "GET /_sim/faults": () => ({ faults: this.faults.show() }),
      "DELETE /_sim/faults": () => ({ removed: this.faults.clear() }),
      "GET /_sim/held": () => ({ held: this.faults.showHeld() }),
      "POST /_sim/release": () => ({ released: this.faults.release() }),
    };
    const route = routes[`${method} ${path}`];
    try {
      send(response, route ? json(200, route()) : json(404, { error: "there is no such control" }));
    } catch (error) {
      send(response, json(400, { error: String(error) }));
    }
  }

  private moveClock(move: { advance?: string; set?: string }): unknown {
    if ((move.advance === undefined) === (move.set === undefined)) throw new Error("one of advance and set is needed");
    if (move.set !== undefined) this.offset = readTime(move.set).getTime() - Date.now();
    if (move.advance !== undefined) this.offset += readDuration(move.advance);
    return { now: this.now() };
  }
}

export function json(status: number, value: unknown): Reply {
  return { status, body: JSON.stringify(value) + "\n", headers: { "Content-Type": "application/json" } };
}

/** Sends an answer, or half of its body and then an end. */
function send(response: ServerResponse, reply: Reply, half = false): void {
  const body = Buffer.from(reply.body);
  response.writeHead(reply.status, { ...reply.headers, "Content-Length": body.length });
  if (!half) {
    response.end(body);
    return;
  }
  response.write(body.subarray(0, body.length / 2), () => response.destroy());
}

export function readTime(text: string): Date {
  const at = new Date(text);
  if (Number.isNaN(at.getTime())) throw new Error(`${text} is not a time`);
  return at;
}

const units: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** Reads a duration as Go writes it ("36h", "1h30m", "-500ms"). */
function readDuration(text: string): number {
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g)];
  if (parts.length === 0) throw new Error(`${text} is not a duration`);
  const sum = parts.reduce((ms, [, number, unit]) => ms + Number(number) * (units[unit ?? ""] ?? 0), 0);
  return text.startsWith("-") ? -sum : sum;
}
