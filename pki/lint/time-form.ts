/** RFC 5280 4.1.2.5: UTCTime through 2049, GeneralizedTime from 2050, with seconds, Zulu, no fractions. */
import { DerReader, Tag } from "../der/reader.ts";
import type { Verdict } from "./rule.ts";

/** The time of a whole element; PkiError "der". */
export const timeOf = (element: Buffer): Date => new DerReader(element).time();

export function checkTimeForm(element: Buffer, what: string): Verdict {
  const year = timeOf(element).getUTCFullYear();
  const isUtc = element[0] === Tag.utcTime;
  if (year >= 1950 && year < 2050) return isUtc ? undefined : `${what} of ${year} must be a UTCTime`;
  return isUtc ? `${what} of ${year} must be a GeneralizedTime` : undefined;
}
