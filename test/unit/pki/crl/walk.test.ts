// The walk of the entries: patterns and the loop are only faster ways to the same answer.
import fc from "fast-check";
import { isGeneralizedTime, isUtcTime } from "#pki/crl/entry-time.ts";
import { walkEntries, walkEntry } from "#pki/crl/entry-walk.ts";
import { skipPlainEntries } from "#pki/crl/plain-entry-loop.ts";
import { unknownCodeOf } from "#pki/crl/unknown.ts";
import { parseGeneralizedTime, parseUtcTime } from "#pki/der/time.ts";
import { element, generalizedTime, time } from "#pki/der/writer.ts";
import { at, entry, entryExtensions, extension, idCe, reason } from "../../../vectors/own/build-crl.ts";

const serial = "40112233445566778899aabbccddeeff";
const invalidity = extension(idCe(24), generalizedTime(at(-9000)));
const shapes = {
  "without extensions": entry(serial),
  "with a reason": entry(serial, time(at(-60)), entryExtensions(reason(1))),
  "with reason and invalidityDate": entry(serial, time(at(-60)), entryExtensions(reason(4), invalidity)),
  "with a serial of one octet": entry("05", time(at(-60)), entryExtensions(reason(1))),
  "with a serial of 21 octets": entry(`00${"f1".repeat(20)}`),
};

type Shortcut = "patterns" | "loop" | "none";

/** What a walk answers: nothing, or code and message. */
function walk(der: Buffer, shortcut: Shortcut | undefined, version: 1 | 2 = 2): string {
  try {
    walkEntries(der, 0, der.length, { version, ...(shortcut && { shortcut }) });
    return "walked";
  } catch (error) {
    const code = unknownCodeOf(error);
    if (code === undefined) throw error;
    return `${code}: ${(error as Error).message}`;
  }
}

describe.each(Object.entries(shapes))("an entry %s", (_, plain) => {
  const before = Buffer.concat(Array<Buffer>(2).fill(plain));
  // As many as the loop leaves to the walk at the end of a list.
  const after = Buffer.concat(Array<Buffer>(4).fill(plain));

  test.each(["patterns", "loop"] as const)(
    "every octet of it with every value is judged by the %s as by the walk",
    (way) => {
      const list = Buffer.concat([before, plain, after]);
      let accepted = 0;
      for (let i = before.length; i < before.length + plain.length; i++) {
        const original = list[i] as number;
        for (let value = 0; value < 256; value++) {
          list[i] = value;
          const answer = walk(list, way);
          if (answer === "walked") accepted++;
          if (answer !== walk(list, "none"))
            expect([i - before.length, value, answer]).toBe(walk(list, "none"));
        }
        list[i] = original;
      }
      // Octets of the serial, digits of the date, reason codes: some must be accepted, most must not.
      expect(accepted).toBeGreaterThan(plain.length);
      expect(accepted).toBeLessThan((plain.length * 256) / 1.5);
    },
  );

  test.each(["patterns", "loop"] as const)(
    "the %s do take it, and one window's worth at a time",
    (shortcut) => {
      const list = Buffer.concat(Array<Buffer>(2000).fill(plain));
      const checkpoints = walkEntries(list, 0, list.length, { version: 2, shortcut });
      expect(checkpoints.length).toBeLessThan(list.length / 8192 + 64);
      for (const [i, offset] of checkpoints.entries()) {
        expect(offset % plain.length).toBe(0);
        expect(offset - (checkpoints[i - 1] ?? 0)).toBeLessThanOrEqual(8192 + plain.length);
      }
    },
  );

  test("the loop passes over it, but for the last ones, and never over one that is cut", () => {
    const list = Buffer.concat(Array<Buffer>(10).fill(plain));
    const view = new DataView(list.buffer, list.byteOffset, list.length);
    const isPlain = plain[3] !== 1;
    for (let end = 0; end <= list.length; end++) {
      const reached = skipPlainEntries(view, 0, end, end);
      expect(reached % plain.length).toBe(0);
      expect(reached).toBeLessThanOrEqual(end);
      if (isPlain) expect(reached).toBeGreaterThan(end - 80 - plain.length);
    }
  });
});

test("lists of many shapes, some defective, are judged by patterns and loop as by the walk", () => {
  const octet = fc.integer({ min: 0, max: 255 });
  const anySerial = fc
    .uint8Array({ minLength: 1, maxLength: 22 })
    .map((octets) => Buffer.from(octets).toString("hex"));
  const moment = fc.integer({ min: 0, max: 4_000_000_000 }).map((seconds) => time(new Date(seconds * 1000)));
  const tail = fc.constantFrom(
    ...[0, 1, 4, 6, 7, 8, 10, 11].map((code) => [entryExtensions(reason(code))]),
    [],
    [entryExtensions(reason(1), invalidity)],
    [entryExtensions(invalidity)],
    [entryExtensions(extension("1.2.3", Buffer.alloc(200)))],
  );
  const one = fc.tuple(anySerial, moment, tail).map(([text, when, rest]) => entry(text, when, ...rest));
  const usual = fc.constantFrom(...Object.values(shapes));
  const part = fc.oneof(
    {
      weight: 12,
      arbitrary: usual.chain((shape) =>
        fc.integer({ min: 1, max: 40 }).map((n) => Buffer.concat(Array<Buffer>(n).fill(shape))),
      ),
    },
    { weight: 3, arbitrary: one },
    { weight: 1, arbitrary: octet.map((value) => element(0x30, Buffer.of(0x02, 0x01, value))) },
  );
  let walked = 0;
  fc.assert(
    fc.property(fc.array(part, { minLength: 1, maxLength: 12 }), (parts) => {
      const list = Buffer.concat(parts);
      const answer = walk(list, "none");
      if (answer === "walked") walked++;
      expect([walk(list, "patterns"), walk(list, "loop")]).toEqual([answer, answer]);
    }),
    { numRuns: 2000, seed: 20260601 },
  );
  expect(walked).toBeGreaterThan(200);
});

test("every month and day, hour, minute and second is judged as the calendar does", () => {
  const plain = shapes["with a reason"];
  const list = Buffer.concat(Array<Buffer>(6).fill(plain));
  const date = 2 * plain.length + 4 + 16 + 2;
  const judge = (offset: number, digits: string): boolean => {
    const original = Buffer.from(list.subarray(date, date + 13));
    list.write(digits, date + offset, "latin1");
    const answer = walk(list, "none");
    const others = [walk(list, "patterns"), walk(list, "loop")];
    original.copy(list, date);
    if (others.some((one) => one !== answer)) expect(others).toEqual([answer, answer]);
    return answer === "walked";
  };
  for (let n = 0; n < 10_000; n++) {
    const digits = String(n).padStart(4, "0");
    const [month, day] = [Math.floor(n / 100), n % 100];
    const exists =
      month >= 1 && month <= 12 && day >= 1 && day <= new Date(Date.UTC(2026, month, 0)).getUTCDate();
    if (judge(2, digits) !== exists) expect(digits).toBe(exists ? "accepted" : "refused");
  }
  for (let n = 0; n < 100; n++) {
    const digits = String(n).padStart(2, "0");
    expect([6, 8, 10].map((offset) => judge(offset, digits))).toEqual([n < 24, n < 60, n < 60]);
  }
});

test.each(["patterns", "loop", "none"] as const)("29 February exists in leap years only (%s)", (way) => {
  const leap = entry(serial, element(0x17, Buffer.from("240229120000Z")));
  const common = entry(serial, element(0x17, Buffer.from("230229120000Z")));
  expect(walk(Buffer.concat(Array<Buffer>(300).fill(leap)), way)).toBe("walked");
  expect(walk(Buffer.concat([...Array<Buffer>(300).fill(leap), common]), way)).toMatch(/^entry-malformed/);
});

test("29 February of every year is judged as the one parser of times does", () => {
  const accepts = (parse: (content: Buffer) => Date, text: string): boolean => {
    try {
      return parse(Buffer.from(text)) instanceof Date;
    } catch {
      return false;
    }
  };
  for (let year = 0; year < 10_000; year++) {
    const digits = String(year).padStart(4, "0");
    const [long, short] = [`${digits}0229120000Z`, `${digits.slice(2)}0229120000Z`];
    if (isGeneralizedTime(Buffer.from(long), 0) !== accepts(parseGeneralizedTime, long))
      expect(long).toBe("");
    if (isUtcTime(Buffer.from(short), 0) !== accepts(parseUtcTime, short)) expect(short).toBe("");
  }
});

test("a checked entry ends where the next one starts, in long form too", () => {
  const long = entry(serial, time(at(0)), entryExtensions(extension("1.2.3", Buffer.alloc(300))));
  expect(walkEntry(Buffer.concat([long, long]), 0, 2 * long.length, 2)).toBe(long.length);
});

test("version 1 entries have no extensions", () => {
  const plain = shapes["without extensions"];
  for (const way of ["patterns", "loop"] as const) {
    expect(walk(Buffer.concat([plain, plain]), way, 1)).toBe("walked");
    expect(walk(Buffer.concat([plain, shapes["with a reason"]]), way, 1)).toMatch(/^version/);
  }
});

test("hundred thousand entries of ever changing shape take no more than linear time", () => {
  const strange = entry("05", time(at(0)), entryExtensions(extension("1.2.3", Buffer.of(5, 0))));
  const list = Buffer.concat(
    Array.from({ length: 100_000 }, (_, i) => (i % 2 ? strange : shapes["with a reason"])),
  );
  expect([walk(list, "patterns"), walk(list, "loop")]).toEqual(["walked", "walked"]);
});

test("a list long enough for the loop is walked like a short one, its defects found wherever they are", () => {
  const plain = shapes["with a reason"];
  const count = Math.ceil((13 * 1024 * 1024) / plain.length);
  const list = Buffer.alloc(count * plain.length, plain);
  expect(walk(list, undefined)).toBe("walked");
  for (const n of [0, count >> 1, count - 1]) {
    const octet = n * plain.length + plain.length - 1;
    list[octet] = 8;
    expect(walk(list, undefined)).toMatch(/^entry-reason/);
    list[octet] = 1;
  }
});
