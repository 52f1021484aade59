// A cursor holds all that is needed to go on, so that it survives a restart.
import { Fault } from "../kvitt";

export interface Cursor {
  /** The list that it belongs to. */
  list: "payouts" | "lines";
  /** The last item of the page before. */
  after: string;
  /** How many items came before the next page. */
  seen: number;
}

export function writeCursor(cursor: Cursor): string {
  return Buffer.from(JSON.stringify(cursor)).toString("base64url");
}

/** Reads a cursor of a list; the empty one stands before the first page. */
export function readCursor(list: Cursor["list"], written: string): Cursor {
  if (written === "") return { list, after: "", seen: 0 };
  let cursor: Partial<Cursor> | null = null;
  try {
    cursor = JSON.parse(Buffer.from(written, "base64url").toString("utf8"));
  } catch {
    // falls through: whatever is no JSON is no cursor either
  }
  if (cursor?.list !== list || typeof cursor.after !== "string" || !Number.isSafeInteger(cursor.seen)) {
    throw new Fault("tinypay.cursor_invalid", "validation", "it is not a cursor of this request", {
      source: "hub",
      field: "cursor",
      remedy: "begin again without a cursor",
    });
  }
  return cursor as Cursor;
}
