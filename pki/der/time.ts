/**
 * UTCTime and GeneralizedTime as RFC 5280 4.1.2.5 writes them: seconds present, Zulu, no fractions;
 * UTCTime through 2049 (two-digit years from 50 on are 19xx), GeneralizedTime from 2050.
 */
import { PkiError } from "../errors.ts";

export function parseUtcTime(content: Buffer): Date {
  const text = content.toString("latin1");
  const match = /^(\d\d)(\d{10})Z$/.exec(text);
  if (!match) throw new PkiError("der", "UTCTime is not YYMMDDHHMMSSZ");
  const year = Number(match[1]);
  return fromDigits(year >= 50 ? 1900 + year : 2000 + year, match[2] as string);
}

export function parseGeneralizedTime(content: Buffer): Date {
  const text = content.toString("latin1");
  const match = /^(\d{4})(\d{10})Z$/.exec(text);
  if (!match) throw new PkiError("der", "GeneralizedTime is not YYYYMMDDHHMMSSZ");
  return fromDigits(Number(match[1]), match[2] as string);
}

/** The digits YYYYMMDDHHMMSS of a date, sub-seconds cut off. */
export function timeDigits(date: Date): string {
  const iso = date.toISOString();
  if (!/^\d{4}-/.test(iso)) throw new PkiError("der", "year outside 0000 to 9999");
  return iso.slice(0, 19).replace(/[-:T]/g, "");
}

function fromDigits(year: number, rest: string): Date {
  const n = (i: number) => Number(rest.slice(i, i + 2));
  const date = new Date(0);
  date.setUTCFullYear(year, n(0) - 1, n(2));
  date.setUTCHours(n(4), n(6), n(8));
  // 30 February and 25 o'clock roll over: what does not come back as it went in was no date.
  if (timeDigits(date) !== `${String(year).padStart(4, "0")}${rest}`)
    throw new PkiError("der", "time is not a calendar date");
  return date;
}
