import { Element, Fault, Methods, parseMoney, timestamp } from "../kvitt";
import type { LineKind } from "../gen/types/kvitt/connector/v1/LineKind";
import type { PayoutLine } from "../gen/types/kvitt/connector/v1/PayoutLine";
import type { PayoutSourceServiceHandlers } from "../gen/types/kvitt/connector/v1/PayoutSourceService";
import { readCursor, writeCursor } from "./cursor";
import { Fields, get, object, pageSize, readPage, text, time, unreadable } from "./remote";

/** What Tinypay's types of rows mean. Any other is unknown, never a guess: the
 *  hub then holds the payout. */
const kinds = new Map<string, LineKind>([
  ["sale", "LINE_KIND_SALE"],
  ["refund", "LINE_KIND_REFUND"],
  ["fee", "LINE_KIND_FEE"],
  ["chargeback", "LINE_KIND_CHARGEBACK"],
  ["chargeback_won", "LINE_KIND_CHARGEBACK_REVERSAL"],
  ["reserve", "LINE_KIND_RESERVE"],
  ["release", "LINE_KIND_RELEASE"],
  ["adjustment", "LINE_KIND_ADJUSTMENT"],
]);

/** Gives the rows of one payout, in Tinypay's order, which never changes. */
export const listPayoutLines: Methods<PayoutSourceServiceHandlers>["ListPayoutLines"] = async (request, call) => {
  const cursor = readCursor("lines", request.cursor);
  const query = new URLSearchParams({ after: cursor.after, limit: String(pageSize) });
  const answer = await get(call, `/v1/payouts/${encodeURIComponent(request.reference)}/lines?${query}`);
  const page = readPage(answer, "lines");
  const currency = text(page.fields, "currency");
  const lines = page.items.map((item) => mapLine(item, currency, String(answer.raw.sha256)));
  const seen = cursor.seen + lines.length;
  if (!page.more) refuseHalf(page.fields["count"], seen);
  const next = page.more ? writeCursor({ list: "lines", after: lines.at(-1)?.key ?? "", seen }) : "";
  return { lines, raw: [answer.raw], next };
};

/** Tinypay says with each page how many rows the payout has. */
function refuseHalf(announced: unknown, seen: number): void {
  if (announced === seen) return;
  throw new Fault("payout.incomplete", "temporary", `Tinypay announced ${String(announced)} rows and listed ${seen}`, {
    source: "upstream",
  });
}

function mapLine(item: Element, currency: string, page: string): PayoutLine {
  const row = object(item.value);
  const type = text(row, "type");
  return {
    key: text(row, "id"),
    kind: kinds.get(type) ?? "LINE_KIND_UNKNOWN",
    raw_type: type,
    gross: parseMoney(row["amount"], currency, "amount"),
    fee_ex_vat: parseMoney(row["fee"] ?? "0", currency, "fee"),
    fee_vat: parseMoney(row["fee_vat"] ?? "0", currency, "fee_vat"),
    fee_vat_rate: optional(row, "fee_vat_rate"),
    occurred_at: timestamp(time(row, "occurred_at")),
    references: references(row),
    group: optional(row, "payment"),
    raw: { page, offset: String(item.offset), length: String(item.length) },
  };
}

function references(row: Fields): { name: string; value: string }[] {
  const named = [
    { name: "merchant_reference1", value: optional(row, "order") },
    { name: "transaction_id", value: optional(row, "payment") },
  ];
  return named.filter((reference) => reference.value !== "");
}

function optional(row: Fields, name: string): string {
  const value = row[name] ?? "";
  if (typeof value !== "string") throw unreadable(`${name} is not a text`);
  return value;
}
