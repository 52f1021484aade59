// Faults on demand: which requests they strike, and how.
import type { ServerResponse } from "node:http";
import type { Reply } from "./control";

const kinds = ["latency", "status", "status_after", "cut_before", "cut_after", "truncate", "hold_before", "hold_after"] as const;

interface Fault {
  method?: string;
  /** A regular expression on the path. */
  path?: string;
  /** Strike from the nth match on. */
  nth?: number;
  /** Strike so many times; 0 is always. */
  times?: number;
  /** Strike the request of this number alone. */
  request?: number;
  kind: (typeof kinds)[number];
  delay_ms?: number;
  status?: number;
  headers?: Record<string, string>;
  body?: string;
}

interface Rule extends Fault {
  id: number;
  matches: number;
  hits: number;
}

interface Request {
  n: number;
  method: string;
  path: string;
}

interface Held extends Request {
  fault: number;
  phase: "before" | "after";
}

/** What goes to the client; half of the body if it is to be cut. */
export interface Outcome {
  reply: Reply;
  half: boolean;
}

export class Faults {
  private nextId = 0;
  private rules: Rule[] = [];
  private held = new Map<Held, () => void>();

  add(fault: Fault): number {
    if (!kinds.includes(fault.kind)) throw new Error(`kind ${fault.kind} is not known`);
    new RegExp(fault.path ?? "");
    this.rules.push({ ...fault, id: ++this.nextId, matches: 0, hits: 0 });
    return this.nextId;
  }

  show(): Rule[] {
    return this.rules;
  }

  clear(): number {
    const removed = this.rules.length;
    this.rules = [];
    this.release();
    return removed;
  }

  showHeld(): Held[] {
    return [...this.held.keys()];
  }

  release(): number {
    const released = this.held.size;
    for (const letGo of this.held.values()) letGo();
    this.held.clear();
    return released;
  }

  /** Takes a request to its answer; undefined means that the connection is cut or
   *  the client has gone. */
  async strike(request: Request, response: ServerResponse, handle: () => Reply): Promise<Outcome | undefined> {
    const { delay, rule } = this.draw(request);
    if (delay > 0) await new Promise((resolve) => setTimeout(resolve, delay));
    const whole = (reply: Reply) => ({ reply, half: false });
    switch (rule?.kind) {
      case "status":
        return whole(fixed(rule));
      case "cut_before":
        return undefined;
      case "hold_before":
        return (await this.hold(rule, request, response, "before")) ? whole(handle()) : undefined;
    }
    const reply = handle();
    switch (rule?.kind) {
      case "status_after":
        return whole(fixed(rule));
      case "cut_after":
        return undefined;
      case "truncate":
        return reply.body === "" ? undefined : { reply, half: true };
      case "hold_after":
        return (await this.hold(rule, request, response, "after")) ? whole(reply) : undefined;
    }
    return whole(reply);
  }

  /** Delays add up; of the other kinds the oldest that is due strikes. */
  private draw(request: Request): { delay: number; rule?: Rule } {
    let delay = 0;
    let struck: Rule | undefined;
    for (const rule of this.rules) {
      if (!due(rule, request) || (rule.kind !== "latency" && struck)) continue;
      rule.hits++;
      delay += rule.delay_ms ?? 0;
      if (rule.kind !== "latency") struck = rule;
    }
    return { delay, rule: struck };
  }

  /** Waits until released, and tells whether the client is still there. */
  private async hold(rule: Rule, { n, method, path }: Request, response: ServerResponse, phase: Held["phase"]): Promise<boolean> {
    const held = { fault: rule.id, n, method, path, phase };
    await new Promise<void>((resolve) => {
      this.held.set(held, resolve);
      response.on("close", () => {
        this.held.delete(held);
        resolve();
      });
    });
    return !response.destroyed;
  }
}

/** Counts the request if it fits the rule, and tells whether it is to be struck. */
function due(rule: Rule, request: Request): boolean {
  if ((rule.method && rule.method !== request.method) || !new RegExp(rule.path ?? "").test(request.path)) return false;
  rule.matches++;
  if (rule.request) return request.n === rule.request;
  return rule.matches >= (rule.nth ?? 0) && (!rule.times || rule.hits < rule.times);
}

function fixed(rule: Rule): Reply {
  return { status: rule.status || 500, body: rule.body ?? "", headers: rule.headers };
}
