import fc from "fast-check";
import { DerReader, readWhole, Tag } from "#pki/der/reader.ts";
import {
  bitString,
  boolean,
  element,
  explicit,
  generalizedTime,
  implicit,
  integer,
  namedBits,
  octetString,
  oid,
  sequence,
  set,
  time,
} from "#pki/der/writer.ts";

const read = (hex: string) => new DerReader(Buffer.from(hex, "hex"));
const bytes = fc.uint8Array({ maxLength: 300 }).map((octets) => Buffer.from(octets));

describe("the DER reader", () => {
  test.each<[string, string, (reader: DerReader) => unknown]>([
    ["nothing", "", (r) => r.raw()],
    ["a tag alone", "30", (r) => r.raw()],
    ["an indefinite length", "30800000", (r) => r.raw()],
    ["a length of two bytes for one", "30810100", (r) => r.raw()],
    ["a length with a leading zero", `30820080${"00".repeat(128)}`, (r) => r.raw()],
    ["a length of five bytes", "30850000000001ff", (r) => r.raw()],
    ["a length beyond the end", "300500", (r) => r.raw()],
    ["a length that is cut", "3082", (r) => r.raw()],
    ["a multi-byte tag", "1f8100", (r) => r.raw()],
    ["another tag", "3100", (r) => r.sequence()],
    ["an element longer than what holds it", "3003020500", (r) => r.sequence().integer()],
    ["an empty INTEGER", "0200", (r) => r.integer()],
    ["a padded INTEGER", "02020001", (r) => r.integer()],
    ["a padded negative INTEGER", "0202ff80", (r) => r.integer()],
    ["a negative small INTEGER", "0201ff", (r) => r.smallInteger()],
    ["a small INTEGER of five octets", "02050100000000", (r) => r.smallInteger()],
    ["BOOLEAN 01", "010101", (r) => r.boolean()],
    ["an empty BOOLEAN", "0100", (r) => r.boolean()],
    ["an empty OID", "0600", (r) => r.oid()],
    ["an OID that is cut", "06022a80", (r) => r.oid()],
    ["an OID with a padded arc", "06032a8001", (r) => r.oid()],
    ["an OID of 65 octets", `0641${"2a".repeat(65)}`, (r) => r.oid()],
    ["a BIT STRING without padding octet", "0300", (r) => r.bitString()],
    ["a BIT STRING with 8 unused bits", "03020800", (r) => r.bitString()],
    ["a BIT STRING with padding bits set", "03020101", (r) => r.bitString()],
    ["unused bits of nothing", "030101", (r) => r.bitString()],
    ["NULL with content", "050100", (r) => r.null()],
  ])("%s is refused", (_, hex, use) => {
    expect(() => use(read(hex))).toThrow(expect.objectContaining({ code: "der" }));
  });

  test("trailing bytes are refused", () => {
    expect(() => readWhole(Buffer.from("300000", "hex"), "it")).toThrow(
      expect.objectContaining({ code: "der", message: "trailing bytes after it at byte 2" }),
    );
  });

  test.each([
    ["17", "260230000000Z"],
    ["17", "260101240000Z"],
    ["17", "260101000060Z"],
    ["17", "2601010000Z"],
    ["17", "260101000000+0000"],
    ["18", "20500101000000.5Z"],
    ["18", "20500101000000"],
    ["18", "2050010100000\u0660Z"],
    ["18", "20501301000000Z"],
  ])("time %s %s is refused", (tag, text) => {
    const der = element(Number.parseInt(tag, 16), Buffer.from(text));
    expect(() => new DerReader(der).time()).toThrow(expect.objectContaining({ code: "der" }));
  });
});

describe("writer and reader agree", () => {
  const run = { seed: 4, numRuns: 300 };

  test("on octet strings, sequences and tags of any length", () => {
    const lengths = fc.constantFrom(0, 1, 127, 128, 255, 256, 65535, 65536, 70000);
    fc.assert(
      fc.property(lengths, bytes, (length, content) => {
        const big = Buffer.alloc(length, 0xaa);
        const der = sequence(octetString(big), explicit(3, octetString(content)), implicit(1, content));
        const reader = readWhole(der, "it");
        expect(reader.octetString().equals(big)).toBe(true);
        expect(reader.enter(0xa3).octetString().equals(content)).toBe(true);
        expect(reader.content(0x81).equals(content)).toBe(true);
        reader.finish("it");
      }),
      run,
    );
  });

  test("on integers", () => {
    fc.assert(
      fc.property(fc.nat(), bytes, (small, magnitude) => {
        expect(new DerReader(integer(small)).smallInteger()).toBe(small);
        const octets = new DerReader(integer(magnitude)).integer();
        expect(octets.toString("hex").replace(/^0+/, "")).toBe(magnitude.toString("hex").replace(/^0+/, ""));
        expect((octets[0] as number) < 0x80).toBe(true);
      }),
      run,
    );
  });

  test("on object identifiers", () => {
    const arcs = fc.array(fc.nat(), { maxLength: 8 });
    const first = fc.oneof(
      fc.tuple(fc.constantFrom(0, 1), fc.nat({ max: 39 })),
      fc.tuple(fc.constant(2), fc.nat({ max: 100_000 })),
    );
    fc.assert(
      fc.property(first, arcs, (root, rest) => {
        const dotted = [...root, ...rest].join(".");
        expect(new DerReader(oid(dotted)).oid()).toBe(dotted);
      }),
      run,
    );
  });

  test.each([
    ["0603883703", "2.999.3"],
    ["06146983f09da7ebcfdee0c7a1a7b2c0948cc8f9d776", "2.25.329800735698586629295641978511506172918"],
    [
      "062b2a88808080808080018fffffffffffff7f9080808080808000908080808080800181808080808080808005",
      "1.2.4503599627370497.9007199254740991.9007199254740992.9007199254740993.9223372036854775813",
    ],
    ["060b8180808080808080808053", "2.1180591620717411303427"],
  ])("long arcs are exact: %s", (hex, dotted) => {
    expect(read(hex).oid()).toBe(dotted);
  });

  test("on bit strings, named bits and booleans", () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat({ max: 20 }), { minLength: 1 }), fc.boolean(), (bits, flag) => {
        const { bytes: octets, unusedBits } = new DerReader(namedBits(bits)).bitString();
        const count = octets.length * 8 - unusedBits;
        const found = Array.from({ length: count }, (_, bit) => bit).filter(
          (bit) => ((octets[bit >> 3] as number) >> (7 - (bit & 7))) & 1,
        );
        expect(found).toEqual([...bits].sort((a, b) => a - b));
        expect(count).toBe(Math.max(...bits) + 1);
        expect(new DerReader(boolean(flag)).boolean()).toBe(flag);
      }),
      run,
    );
    expect(new DerReader(bitString(Buffer.of(1, 2))).bitString().bytes).toEqual(Buffer.of(1, 2));
  });

  test("on times: UTCTime through 2049, GeneralizedTime from 2050", () => {
    const dates = fc.date({ min: new Date("1950-01-01"), max: new Date("9999-12-31"), noInvalidDate: true });
    fc.assert(
      fc.property(dates, (date) => {
        const seconds = new Date(Math.floor(date.getTime() / 1000) * 1000);
        const der = time(date);
        expect(der[0]).toBe(date.getUTCFullYear() < 2050 ? Tag.utcTime : Tag.generalizedTime);
        expect(new DerReader(der).time()).toEqual(seconds);
        expect(new DerReader(generalizedTime(date)).time()).toEqual(seconds);
      }),
      run,
    );
  });

  test("on the order of a SET OF", () => {
    fc.assert(
      fc.property(fc.array(bytes, { maxLength: 6 }), (members) => {
        const reader = new DerReader(set(...members.map(octetString))).enter(Tag.set);
        const found: Buffer[] = [];
        while (!reader.atEnd) found.push(reader.raw());
        expect(found).toEqual([...found].sort(Buffer.compare));
        expect(found).toHaveLength(members.length);
      }),
      run,
    );
  });

  test("any bytes are read or refused with a PkiError", () => {
    fc.assert(
      fc.property(bytes, (octets) => {
        const reader = new DerReader(octets);
        for (const use of [
          () => reader.raw(),
          () => reader.integer(),
          () => reader.oid(),
          () => reader.time(),
        ])
          try {
            use();
          } catch (error) {
            expect(error).toMatchObject({ name: "PkiError", code: "der" });
          }
      }),
      run,
    );
  });
});
