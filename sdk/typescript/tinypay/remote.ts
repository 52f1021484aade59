// How Tinypay is called and what its answers look like.
import { Answer, Call, Element, elements, Fault, send } from "../kvitt";

export const api = "https://api.tinypay.example";

/** The most items that Tinypay gives on one page. */
export const pageSize = 100;

/** Reads one resource of the merchant. */
export function get(call: Call, path: string): Promise<Answer> {
  const { merchant, api_key } = call.credentials;
  if (!merchant || !api_key) {
    throw new Fault("tinypay.credentials_missing", "auth", "the connection has no merchant id or no API key", {
      source: "hub",
      remedy: "enter the credentials of the connection again",
    });
  }
  const headers = { authorization: `Bearer ${api_key}`, accept: "application/json", "user-agent": "kvitt-tinypay/0.1.0" };
  return send(call, { host: api, path, headers });
}

/** An object as JSON has it; what it holds is checked where it is read. */
export type Fields = Record<string, unknown>;

/** A page of a list: its items with their places in the bytes, and what else it says. */
export interface Page {
  items: Element[];
  fields: Fields;
  more: boolean;
}

export function readPage(answer: Answer, name: string): Page {
  const items = unlessBroken(() => elements(answer.body, name));
  if (!items) throw unreadable(`it has no ${name}`);
  const fields = readObject(answer);
  if (typeof fields["has_more"] !== "boolean") throw unreadable("it does not say whether more follows");
  if (fields["has_more"] && items.length === 0) throw unreadable("more follows, but nothing came");
  return { items, fields, more: fields["has_more"] };
}

export function readObject(answer: Answer): Fields {
  return object(unlessBroken(() => JSON.parse(answer.body.toString("utf8"))));
}

export function object(value: unknown): Fields {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw unreadable("something is not an object");
  return value as Fields;
}

/** A text that must be there. */
export function text(fields: Fields, name: string): string {
  const value = fields[name];
  if (typeof value !== "string" || value === "") throw unreadable(`${name} is missing`);
  return value;
}

/** A moment with its offset from UTC: one without would mean another time on
 *  another machine. */
export function time(fields: Fields, name: string): Date {
  const value = text(fields, name);
  const at = new Date(value);
  if (!/(Z|[+-]\d\d:\d\d)$/.test(value) || Number.isNaN(at.getTime())) throw unreadable(`${name} is not a moment`);
  return at;
}

function unlessBroken<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof SyntaxError) throw unreadable("it is not JSON");
    throw error;
  }
}

export function unreadable(reason: string): Fault {
  return new Fault("tinypay.answer_unreadable", "temporary", `Tinypay's answer cannot be read: ${reason}`, { source: "upstream" });
}
