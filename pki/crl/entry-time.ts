/**
 * Times in CRL entries, checked in place: digits, Zulu, and a day that exists (RFC 5280 4.1.2.5). The same rules as
 * `der/time.ts`, without making a string or a Date of each of a million entries.
 */

/** YYMMDDHHMMSSZ, 13 octets. */
export function isUtcTime(der: Buffer, at: number): boolean {
  const year = pair(der, at);
  // 1950 to 2049: every fourth year is a leap year.
  return year < 100 && isMoment(der, at + 2, year % 4 === 0);
}

/** YYYYMMDDHHMMSSZ, 15 octets. */
export function isGeneralizedTime(der: Buffer, at: number): boolean {
  const [century, year] = [pair(der, at), pair(der, at + 2)];
  const leap = year === 0 ? century % 4 === 0 : year % 4 === 0;
  return century < 100 && year < 100 && isMoment(der, at + 4, leap);
}

/** MMDDHHMMSSZ */
function isMoment(der: Buffer, at: number, leap: boolean): boolean {
  const month = pair(der, at);
  const day = pair(der, at + 2);
  return (
    month >= 1 &&
    month <= 12 &&
    day >= 1 &&
    (day <= (daysOf[month] as number) || (leap && month === 2 && day === 29)) &&
    pair(der, at + 4) < 24 &&
    pair(der, at + 6) < 60 &&
    pair(der, at + 8) < 60 &&
    der[at + 10] === 0x5a
  );
}

/** By month; 28 for February. */
export const daysOf = Uint8Array.of(0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31);

/** The value of two digits; 100 or more for anything else. */
function pair(der: Buffer, at: number): number {
  const tens = (der[at] as number) - 0x30;
  const ones = (der[at + 1] as number) - 0x30;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? 10 * tens + ones : 100;
}
