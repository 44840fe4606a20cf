/**
 * Checks plain CRL entries in straight-line code, four octets at a time: for long lists, as `PlainEntries` is for
 * short ones.
 *
 * Why both: V8 compiles this loop after some ten thousand entries, and until then it costs more than the patterns
 * do; from then on a quarter. It is no shortcut in strictness: what it passes over is one of three shapes of entry,
 * spelled out to the last bit (lengths, minimal serial, calendar date, reason code), and what it accepts, `walkEntry`
 * accepts. At whatever else there is (a serial of one octet, 29 February, a defect) it stops, and `walkEntry` decides.
 */
import { daysOf } from "./entry-time.ts";
import { isLegalReason } from "./reasons.ts";

const maxSerial = 21;
/** Octets of an entry's content beside serial and ending: the serial's header and the date. */
const around = 2 + 15;
/** Header, longest serial, date, longest ending: no octet further away is looked at. */
const longestPlain = 4 + maxSerial + 15 + 40;

/** The offset after the plain entries that start from `at` on and before `limit`; the last ones before `end` stay. */
export function skipPlainEntries(view: DataView, at: number, limit: number, end: number): number {
  const last = Math.min(limit - 1, end - longestPlain);
  let next = at;
  while (next <= last) {
    // SEQUENCE, its length, INTEGER, its length.
    const header = view.getInt32(next);
    const content = (header >>> 16) & 0xff;
    const serialBytes = header & 0xff;
    const date = next + 4 + serialBytes;
    const isPlain =
      (header & 0xff00ff00) === 0x30000200 &&
      content < 0x80 &&
      serialBytes >= 2 &&
      serialBytes <= maxSerial &&
      isMinimal(view.getUint16(next + 4)) &&
      view.getUint16(date) === 0x170d &&
      isUtcTime(view, date + 2) &&
      isPlainEnding(view, date + 15, content - serialBytes - around);
    if (!isPlain) break;
    next += 2 + content;
  }
  return next;
}

/** X.690 8.3.2: the first nine bits of an INTEGER are not all equal. */
function isMinimal(firstTwo: number): boolean {
  const nine = firstTwo & 0xff80;
  return nine !== 0 && nine !== 0xff80;
}

/** YYMMDDHHMMSSZ */
function isUtcTime(view: DataView, at: number): boolean {
  const yearMonth = view.getInt32(at);
  const dayHour = view.getInt32(at + 4);
  const minuteSecond = view.getInt32(at + 8);
  return (
    areDigits(yearMonth, dayHour, minuteSecond) &&
    isDay(second(yearMonth), first(dayHour)) &&
    second(dayHour) < 24 &&
    first(minuteSecond) < 60 &&
    second(minuteSecond) < 60 &&
    view.getUint8(at + 12) === 0x5a
  );
}

/** YYYYMMDDHHMMSSZ */
function isGeneralizedTime(view: DataView, at: number): boolean {
  const monthDay = view.getInt32(at + 4);
  const hourMinute = view.getInt32(at + 8);
  // Overlaps the minute by two digits.
  const minuteSecond = view.getInt32(at + 10);
  return (
    areDigits(view.getInt32(at), monthDay, hourMinute) &&
    areDigits(minuteSecond, minuteSecond, minuteSecond) &&
    isDay(first(monthDay), second(monthDay)) &&
    first(hourMinute) < 24 &&
    second(hourMinute) < 60 &&
    second(minuteSecond) < 60 &&
    view.getUint8(at + 14) === 0x5a
  );
}

/** Twelve characters 0x30 to 0x39: the upper half of each is 3, and stays 3 when 6 is added. */
function areDigits(a: number, b: number, c: number): boolean {
  return (
    ((a | b | c) & 0xf0f0f0f0) === 0x30303030 &&
    (a & b & c & 0x30303030) === 0x30303030 &&
    (((a + 0x06060606) | (b + 0x06060606) | (c + 0x06060606)) & 0xf0f0f0f0) === 0x30303030
  );
}

/** The numbers that four digits make two by two. */
const first = (digits: number): number => ((digits >>> 24) & 0x0f) * 10 + ((digits >>> 16) & 0x0f);
const second = (digits: number): number => ((digits >>> 8) & 0x0f) * 10 + (digits & 0x0f);

/** Without 29 February: whether a year is a leap year is not asked here. */
const isDay = (month: number, day: number): boolean =>
  month <= 12 && day >= 1 && day <= (daysOf[month] as number);

/** What may follow the date: nothing, a reason, or a reason and an invalidityDate. */
function isPlainEnding(view: DataView, at: number, length: number): boolean {
  if (length === 0) return true;
  if (length === 14) return isReason(view, at, 0x300c300a);
  return length === 40 && isReason(view, at, 0x3026300a) && isInvalidityDate(view, at + 14);
}

/** The headers of list and extension, then reasonCode (2.5.29.21) with a reason of a complete CRL. */
function isReason(view: DataView, at: number, headers: number): boolean {
  return (
    view.getInt32(at) === headers &&
    view.getInt32(at + 4) === 0x0603551d &&
    view.getInt32(at + 8) === 0x1504030a &&
    view.getUint8(at + 12) === 1 &&
    isLegalReason(view.getUint8(at + 13))
  );
}

/** The extension invalidityDate (2.5.29.24) with a GeneralizedTime. */
function isInvalidityDate(view: DataView, at: number): boolean {
  return (
    view.getInt32(at) === 0x30180603 &&
    view.getInt32(at + 4) === 0x551d1804 &&
    view.getUint16(at + 8) === 0x1118 &&
    view.getUint8(at + 10) === 15 &&
    isGeneralizedTime(view, at + 11)
  );
}
