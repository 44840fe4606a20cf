/**
 * Checks plain CRL entries many at a time, by a pattern that V8 compiles to machine code at once.
 *
 * Why: a cold process walks 10,000 entries in a loop at about 0.9 µs each, because V8 has not compiled the loop yet;
 * the pattern takes a tenth of it. It is no shortcut in strictness: each alternative spells out every byte of one
 * shape of entry (lengths, minimal serial, calendar date, reason code), and what it accepts, `walkEntry` accepts.
 * Whatever does not match — another shape, 29 February, a defect — is left to `walkEntry`, which decides.
 */

const day30 = "(?:0[1-9]|[12]\\d|30)";
/** MMDD, without 29 February. */
const monthAndDay = `(?:(?:0[13578]|1[02])(?:0[1-9]|[12]\\d|3[01])|(?:0[469]|11)${day30}|02(?:0[1-9]|1\\d|2[0-8]))`;
const clock = "(?:[01]\\d|2[0-3])[0-5]\\d[0-5]\\dZ";
const utcTime = `\\x17\\x0d\\d\\d${monthAndDay}${clock}`;
const generalizedTime = `\\x18\\x0f\\d{4}${monthAndDay}${clock}`;
const reason = "0\\x0a\\x06\\x03\\x55\\x1d\\x15\\x04\\x03\\x0a\\x01[\\x00-\\x06\\x09\\x0a]";
const invalidity = `0\\x18\\x06\\x03\\x55\\x1d\\x18\\x04\\x11${generalizedTime}`;

/** What may follow the date, by the bytes that it takes. */
const endings: Readonly<Record<number, string>> = {
  0: "",
  14: `0\\x0c${reason}`,
  40: `0\\x26${reason}${invalidity}`,
};
/** Octets of an entry beside serial and ending: its length counts the serial's header and the date. */
const around = 2 + 15;

/** Sightings of a further shape before a pattern for it is worth compiling. */
const worthCompiling = 8;
const maxSerial = 21;

export class PlainEntries {
  readonly #der: Buffer;
  readonly #sightings = new Map<string, number>();
  #alternatives = "";
  /** Compiled when it is first needed. */
  #pattern: RegExp | undefined;

  /**
   * The first entry's shape is taken for the usual one, with a reason and without, before anything is checked: a
   * pattern of a wrong shape matches nothing.
   */
  constructor(der: Buffer, start: number, end: number) {
    this.#der = der;
    const serialBytes = der[start + 3];
    if (start === end || serialBytes === undefined || serialBytes === 0 || serialBytes > maxSerial) return;
    this.#alternatives = `${entryPattern(serialBytes, 14)}|${entryPattern(serialBytes, 0)}`;
  }

  /** The offset after the plain entries that lie between `at` and `limit`; `at` itself when there are none. */
  skip(at: number, limit: number): number {
    this.#pattern ??= new RegExp(`(?:${this.#alternatives})*`, "y");
    const window = this.#der.toString("latin1", at, limit);
    this.#pattern.lastIndex = 0;
    return this.#pattern.test(window) ? at + this.#pattern.lastIndex : at;
  }

  /** A checked entry that no pattern took: its shape becomes one when it is a plain one and frequent enough. */
  learn(at: number): void {
    const serialBytes = this.#der[at + 3] as number;
    const ending = (this.#der[at + 1] as number) - serialBytes - around;
    if (serialBytes > maxSerial || endings[ending] === undefined) return;
    const shape = entryPattern(serialBytes, ending);
    const sightings = (this.#sightings.get(shape) ?? 0) + 1;
    this.#sightings.set(shape, sightings);
    if (sightings !== worthCompiling) return;
    this.#alternatives += this.#alternatives === "" ? shape : `|${shape}`;
    this.#pattern = undefined;
  }
}

/** Every byte of an entry of this shape. */
function entryPattern(serialBytes: number, endingBytes: number): string {
  // A minimal INTEGER: nine equal leading bits do not occur (X.690 8.3.2).
  const serial =
    serialBytes === 1
      ? "[^]"
      : `(?:[\\x01-\\xfe][^]|\\x00[\\x80-\\xff]|\\xff[\\x00-\\x7f])[^]{${serialBytes - 2}}`;
  const length = octet(around + serialBytes + endingBytes);
  return `0${length}\\x02${octet(serialBytes)}${serial}${utcTime}${endings[endingBytes]}`;
}

const octet = (value: number): string => `\\x${value < 16 ? "0" : ""}${value.toString(16)}`;
