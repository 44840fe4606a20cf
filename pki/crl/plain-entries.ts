/**
 * Checks plain CRL entries many at a time, by a pattern that V8 compiles to machine code at once.
 *
 * Why: a cold process walks 10,000 entries in a loop at about 0.9 µs each, because V8 has not compiled the loop yet;
 * the pattern takes a tenth of it. It is no shortcut in strictness: each alternative spells out every byte of one
 * shape of entry (lengths, minimal serial, calendar date, reason code), and what it accepts, `walkEntry` accepts.
 * Whatever does not match — another shape, 29 February, a defect — is left to `walkEntry`, which decides.
 */

/** Short enough that the matcher's stack stays small; measured. */
const windowBytes = 8192;

const day30 = "(?:0[1-9]|[12]\\d|30)";
/** MMDD, without 29 February. */
const monthAndDay = `(?:(?:0[13578]|1[02])(?:0[1-9]|[12]\\d|3[01])|(?:0[469]|11)${day30}|02(?:0[1-9]|1\\d|2[0-8]))`;
const clock = "(?:[01]\\d|2[0-3])[0-5]\\d[0-5]\\dZ";
const utcTime = `\\x17\\x0d\\d\\d${monthAndDay}${clock}`;
const generalizedTime = `\\x18\\x0f\\d{4}${monthAndDay}${clock}`;
const reason = "0\\x0a\\x06\\x03\\x55\\x1d\\x15\\x04\\x03\\x0a\\x01[\\x00-\\x06\\x09\\x0a]";
const invalidity = `0\\x18\\x06\\x03\\x55\\x1d\\x18\\x04\\x11${generalizedTime}`;

/** What may follow the date: bytes it takes, and the pattern. */
const endings = [
  { bytes: 0, pattern: "" },
  { bytes: 14, pattern: `0\\x0c${reason}` },
  { bytes: 40, pattern: `0\\x26${reason}${invalidity}` },
] as const;

/** Sightings of a further shape before a pattern for it is worth compiling. */
const worthCompiling = 8;
const maxSerial = 21;

export class PlainEntries {
  readonly #der: Buffer;
  readonly #end: number;
  readonly #sightings = new Map<number, number>();
  readonly #alternatives: string[] = [];
  #pattern: RegExp | undefined;

  constructor(der: Buffer, end: number) {
    this.#der = der;
    this.#end = end;
  }

  /** The offset after the plain entries from `at` on (within one window); `at` itself when there are none. */
  skip(at: number): number {
    if (this.#pattern === undefined) return at;
    const window = this.#der.toString("latin1", at, Math.min(at + windowBytes, this.#end));
    this.#pattern.lastIndex = 0;
    return this.#pattern.test(window) ? at + this.#pattern.lastIndex : at;
  }

  /** Takes the shape of a checked entry into the pattern, when it is one and frequent enough. */
  learn(at: number): void {
    const serialBytes = this.#der[at + 3] as number;
    const rest = (this.#der[at + 1] as number) - serialBytes - 17;
    if (serialBytes > maxSerial || !endings.some(({ bytes }) => bytes === rest)) return;
    if (this.#pattern === undefined) {
      // A list of one issuer mostly holds serials of one length, with a reason or without.
      this.#add(serialBytes, 14);
      this.#add(serialBytes, 0);
      this.#compile();
      return;
    }
    const key = shapeKey(serialBytes, rest);
    const sightings = (this.#sightings.get(key) ?? 0) + 1;
    this.#sightings.set(key, sightings);
    if (sightings !== worthCompiling) return;
    this.#add(serialBytes, rest);
    this.#compile();
  }

  #add(serialBytes: number, endingBytes: number): void {
    this.#alternatives.push(entryPattern(serialBytes, endingBytes));
    this.#sightings.set(shapeKey(serialBytes, endingBytes), worthCompiling);
  }

  #compile(): void {
    this.#pattern = new RegExp(`(?:${this.#alternatives.join("|")})*`, "y");
  }
}

const shapeKey = (serialBytes: number, endingBytes: number): number => serialBytes * 64 + endingBytes;

/** Every byte of an entry of this shape. */
function entryPattern(serialBytes: number, endingBytes: number): string {
  const ending = endings.find(({ bytes }) => bytes === endingBytes);
  // A minimal INTEGER: nine equal leading bits do not occur (X.690 8.3.2).
  const serial =
    serialBytes === 1
      ? "[^]"
      : `(?:[\\x01-\\xfe][^]|\\x00[\\x80-\\xff]|\\xff[\\x00-\\x7f])[^]{${serialBytes - 2}}`;
  const length = octet(2 + serialBytes + 15 + endingBytes);
  return `0${length}\\x02${octet(serialBytes)}${serial}${utcTime}${ending?.pattern ?? ""}`;
}

const octet = (value: number): string => `\\x${value.toString(16).padStart(2, "0")}`;
