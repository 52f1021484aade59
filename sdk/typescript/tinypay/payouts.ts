import { Element, Methods, moment, parseMoney, timestamp } from "../kvitt";
import type { Payout } from "../gen/types/kvitt/connector/v1/Payout";
import type { PayoutSourceServiceHandlers } from "../gen/types/kvitt/connector/v1/PayoutSourceService";
import { readCursor, writeCursor } from "./cursor";
import { get, object, pageSize, readPage, text, time } from "./remote";

type PayoutSource = Methods<PayoutSourceServiceHandlers>;

/** Gives the payouts since a moment, oldest first. Tinypay pages by the last id
 *  seen, so a payout that appears meanwhile pushes none out. */
export const listPayouts: PayoutSource["ListPayouts"] = async (request, call) => {
  const cursor = readCursor("payouts", request.cursor);
  const query = new URLSearchParams({
    since: moment(request.since).toISOString(),
    after: cursor.after,
    limit: String(pageSize),
  });
  const answer = await get(call, `/v1/payouts?${query}`);
  const page = readPage(answer, "payouts");
  const payouts = page.items.map((item) => mapPayout(item, call.credentials["merchant"] ?? "", String(answer.raw.sha256)));
  const after = payouts.at(-1)?.reference ?? "";
  const next = page.more ? writeCursor({ list: "payouts", after, seen: cursor.seen + payouts.length }) : "";
  return { payouts, raw: [answer.raw], next };
};

function mapPayout(item: Element, account: string, page: string): Payout {
  const row = object(item.value);
  return {
    reference: text(row, "id"),
    date: timestamp(time(row, "sent_at")),
    net: parseMoney(row["amount"], text(row, "currency"), "amount"),
    account,
    raw: { page, offset: String(item.offset), length: String(item.length) },
  };
}
