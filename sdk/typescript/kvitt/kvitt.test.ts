import assert from "node:assert/strict";
import { test } from "node:test";
import { Fault, status } from "./fault";
import { elements } from "./locate";
import { parseMoney } from "./money";
import { moment, timestamp } from "./protocol";

test("amounts are exact and have the decimals of ISO 4217", () => {
  const amounts: [string, string, string][] = [
    ["-12.50", "SEK", "-1250"],
    ["0.10", "SEK", "10"],
    ["7", "SEK", "700"],
    ["7.5000", "SEK", "750"],
    ["500", "JPY", "500"],
    ["1.234", "KWD", "1234"],
    ["90071992547409.93", "SEK", "9007199254740993"],
    ["-0.00", "EUR", "0"],
  ];
  for (const [text, currency, minor] of amounts) assert.deepEqual(parseMoney(text, currency, "a"), { minor, currency });
});

test("what is no plain amount is refused", () => {
  for (const text of ["", "1e3", "1,50", "1 000", "+1", ".5", "0.001", "99999999999999999999", 12.5, null]) {
    assert.throws(() => parseMoney(text, "SEK", "amount"), Fault, String(text));
  }
  assert.throws(() => parseMoney("1.5", "JPY", "amount"), Fault);
  assert.throws(() => parseMoney("92233720368547758.08", "SEK", "amount"), Fault, "2^63");
});

test("elements of a list stand where they are said to", () => {
  const pages = [
    '{"lines":[{"id":"a"},{"id":"b","x":[1,{"y":"]"}]}]}',
    ' {\n "n" : -1.5e3 , "lines" : [ {"id":"å\\"}]"} ,\t{"id":"é"} ] , "lines2":[] } ',
    '{"other":{"lines":[1]},"lines":["a,b",null,[],{} , 12]}',
    '{"li\\u006ees":[true]}',
    '{"lines":[]}',
  ];
  for (const text of pages) {
    const page = Buffer.from(text);
    const found = elements(page, "lines");
    assert.deepEqual(
      found?.map((e) => e.value),
      JSON.parse(text).lines,
      text,
    );
    for (const e of found ?? []) {
      assert.deepEqual(JSON.parse(page.toString("utf8", e.offset, e.offset + e.length)), e.value, text);
    }
  }
});

test("a page without the list has no elements, and no JSON is an error", () => {
  for (const text of ["{}", "[]", "12", '{"lines":{}}', '{"x":{"lines":[]}}']) assert.equal(elements(Buffer.from(text), "lines"), undefined, text);
  for (const text of ["", "{", "<html>", '{"lines":[}']) assert.throws(() => elements(Buffer.from(text), "lines"), SyntaxError, text);
});

test("moments survive, also before 1970", () => {
  for (const text of ["2026-04-01T06:00:00.123Z", "1969-12-31T23:59:59.500Z"]) {
    assert.equal(moment(timestamp(new Date(text))).toISOString(), text);
  }
});

test("an error shows no credential", () => {
  const fault = new Fault("acme.refused", "auth", "the key hunter2hunter2 is refused", { remedy: "do not use hunter2hunter2" });
  const error = status(fault, { calls: 1, rate_limited: 0, retry_after: null }, ["hunter2hunter2"]);
  const details = String(error.metadata.get("grpc-status-details-bin")[0]);
  assert.equal(error.details, "the key [redacted on the wire] is refused");
  assert.ok(details.includes("do not use [redacted on the wire]") && !details.includes("hunter2"));
});
