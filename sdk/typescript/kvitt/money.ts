// Money is a whole number of minor units and a currency; it never is a float.
import { Fault } from "./fault";

export interface Money {
  /** Signed, in decimal digits: "12345" with "SEK" is 123.45 kronor. */
  minor: string;
  currency: string;
}

// Decimals after ISO 4217 where they are not 2.
const decimals: Record<string, number> = {
  BIF: 0, CLP: 0, DJF: 0, GNF: 0, ISK: 0, JPY: 0, KMF: 0, KRW: 0, PYG: 0, RWF: 0,
  UGX: 0, UYI: 0, VND: 0, VUV: 0, XAF: 0, XOF: 0, XPF: 0,
  BHD: 3, IQD: 3, JOD: 3, KWD: 3, LYD: 3, OMR: 3, TND: 3, CLF: 4, UYW: 4,
};

const plain = /^(-?)(\d{1,18})(?:\.(\d+))?$/;

/** Reads a plain decimal text ("-12.50"). Exponents, separators and more decimals
 *  than the currency has are refused: rounding here would be money lost there. */
export function parseMoney(text: unknown, currency: string, field: string): Money {
  const digits = decimals[currency] ?? 2;
  const found = typeof text === "string" ? plain.exec(text) : null;
  if (!found) throw invalid(field, "an amount is a text like \"-12.50\"");
  const [, sign, whole = "", fraction = ""] = found;
  if (/[1-9]/.test(fraction.slice(digits))) throw invalid(field, `the amount has more decimals than ${currency}`);
  const minor = BigInt(whole + fraction.slice(0, digits).padEnd(digits, "0"));
  if (minor > largest) throw invalid(field, "the amount does not fit in 64 bits");
  return { minor: (sign === "-" ? -minor : minor).toString(), currency };
}

const largest = 2n ** 63n - 1n;

function invalid(field: string, reason: string): Fault {
  return new Fault("upstream.amount_invalid", "validation", reason, { source: "upstream", field });
}
