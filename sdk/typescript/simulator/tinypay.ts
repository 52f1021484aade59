// Tinypay itself: an account, payouts and their lines behind an API key.
import { json, Reply, System } from "./control";

/** The section "tinypay" of the world file. */
export interface World {
  /** The most items on a page, 100 by default. */
  max_page?: number;
  merchants: { id: string; name: string; api_key: string }[];
  payouts: Payout[];
}

interface Payout {
  merchant: string;
  id: string;
  sent_at: string;
  currency: string;
  amount: string;
  lines: { id: string }[];
}

export function simulate(world: World): System {
  const payouts = [...world.payouts].sort((a, b) => (a.sent_at + a.id < b.sent_at + b.id ? -1 : 1));
  return ({ method, url, headers }) => {
    const merchant = world.merchants.find((m) => headers.authorization === `Bearer ${m.api_key}`);
    if (!merchant) return json(401, { error: "unknown key" });
    if (method !== "GET") return json(405, { error: "this API only reads" });
    const own = payouts.filter((payout) => payout.merchant === merchant.id);
    if (url.pathname === "/v1/account") return json(200, { id: merchant.id, name: merchant.name });
    if (url.pathname === "/v1/payouts") return list("payouts", since(own, url).map(summary), url, world, {});
    const [, id] = /^\/v1\/payouts\/([^/]+)\/lines$/.exec(url.pathname) ?? [];
    const payout = own.find((p) => p.id === decodeURIComponent(id ?? ""));
    if (!payout) return json(404, { error: "not found" });
    return list("lines", payout.lines, url, world, { currency: payout.currency, count: payout.lines.length });
  };
}

function since(payouts: Payout[], url: URL): Payout[] {
  const from = Date.parse(url.searchParams.get("since") ?? "1970-01-01T00:00:00Z");
  return payouts.filter((payout) => Date.parse(payout.sent_at) >= from);
}

function summary({ id, sent_at, currency, amount }: Payout): { id: string } {
  return { id, sent_at, currency, amount } as { id: string };
}

/** One page of what follows the item named by "after". */
function list(name: string, items: { id: string }[], url: URL, world: World, fields: object): Reply {
  const most = Math.min(Number(url.searchParams.get("limit") ?? 100), world.max_page ?? 100);
  const after = url.searchParams.get("after") ?? "";
  const last = items.findIndex((item) => item.id === after);
  if (after !== "" && last < 0) return json(400, { error: `there is no ${after} in this list` });
  const page = items.slice(last + 1, last + 1 + most);
  return json(200, { ...fields, [name]: page, has_more: last + 1 + page.length < items.length });
}
