// Where in a page of JSON something stands, so that every line of a payout can
// point to the bytes that it was read from.

/** One element of an array, with the range of its bytes in the page. */
export interface Element {
  value: unknown;
  offset: number;
  length: number;
}

const [quote, backslash, comma, openArray, openObject, closeArray, closeObject] = Buffer.from('"\\,[{]}');

/** Gives the elements of the array that the JSON object in page holds under a
 *  name. It throws a SyntaxError if the page is no JSON, and gives undefined if
 *  there is no such array. */
export function elements(page: Buffer, name: string): Element[] | undefined {
  JSON.parse(page.toString("utf8")); // from here on the page is known to be JSON
  const start = memberStart(page, name);
  if (start === undefined || page[start] !== openArray) return undefined;
  const found: Element[] = [];
  let from = skipBlanks(page, start + 1);
  while (page[from] !== closeArray) {
    const end = valueEnd(page, from);
    found.push({ value: JSON.parse(page.toString("utf8", from, end)), offset: from, length: end - from });
    from = skipBlanks(page, end);
    if (page[from] === comma) from = skipBlanks(page, from + 1);
  }
  return found;
}

/** Where the value of a member of the page's outermost object begins. */
function memberStart(page: Buffer, name: string): number | undefined {
  let at = skipBlanks(page, 0);
  if (page[at] !== openObject) return undefined;
  at = skipBlanks(page, at + 1);
  while (page[at] !== closeObject) {
    const keyEnd = valueEnd(page, at);
    const key: unknown = JSON.parse(page.toString("utf8", at, keyEnd));
    const value = skipBlanks(page, skipBlanks(page, keyEnd) + 1); // behind the colon
    if (key === name) return value;
    at = skipBlanks(page, valueEnd(page, value));
    if (page[at] === comma) at = skipBlanks(page, at + 1);
  }
  return undefined;
}

/** The end of the value that begins at a place. */
function valueEnd(page: Buffer, from: number): number {
  let depth = 0;
  for (let at = from; at < page.length; at++) {
    const byte = page[at];
    if (byte === quote) {
      at = stringEnd(page, at);
      if (depth === 0) return at + 1;
    } else if (byte === openArray || byte === openObject) {
      depth++;
    } else if (byte === closeArray || byte === closeObject) {
      if (depth === 0) return at; // a number or a word before it
      if (--depth === 0) return at + 1;
    } else if (depth === 0 && (byte === comma || isBlank(byte))) {
      return at;
    }
  }
  return page.length;
}

/** The closing quote of the string that opens at a place. */
function stringEnd(page: Buffer, from: number): number {
  let at = from + 1;
  while (page[at] !== quote) at += page[at] === backslash ? 2 : 1;
  return at;
}

function skipBlanks(page: Buffer, from: number): number {
  let at = from;
  while (isBlank(page[at])) at++;
  return at;
}

function isBlank(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}
