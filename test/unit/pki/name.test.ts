import fc from "fast-check";
import {
  element,
  ia5String,
  nullValue,
  oid,
  printableString,
  sequence,
  set,
  utf8String,
} from "#pki/der/writer.ts";
import { encodeName, formatName, type NameAttribute, parseName } from "#pki/name.ts";

const attribute = (dotted: string, value: Buffer) => sequence(oid(dotted), value);
const cn = (value: Buffer) => attribute("2.5.4.3", value);
const ou = (value: Buffer) => attribute("2.5.4.11", value);
const read = (...rdns: Buffer[]) => parseName(sequence(...rdns));
const values = (...rdns: Buffer[]) => read(...rdns).attributes.map(({ type, value }) => `${type}=${value}`);

describe("reading names", () => {
  test.each([
    ["UTF8String", utf8String("Zürich ☃"), "Zürich ☃"],
    ["PrintableString", printableString("Example Ltd"), "Example Ltd"],
    ["TeletexString as latin1", element(0x14, Buffer.from("Zürich", "latin1")), "Zürich"],
    ["BMPString", element(0x1e, Buffer.from("005a00fc2603", "hex")), "Zü☃"],
    ["UniversalString", element(0x1c, Buffer.from("0000005a0001f600", "hex")), "Z😀"],
    ["IA5String", ia5String("a@example.com"), "a@example.com"],
    ["NumericString", element(0x12, Buffer.from("12 3")), "12 3"],
  ])("%s is decoded", (_, value, expected) => {
    expect(values(set(cn(value)))).toEqual([`CN=${expected}`]);
  });

  test.each([
    ["UTF-8 that is over-long", element(0x0c, Buffer.from("c080", "hex")), "name"],
    ["UTF-8 that is cut", element(0x0c, Buffer.from("c3", "hex")), "name"],
    ["a UTF-8 surrogate", element(0x0c, Buffer.from("eda080", "hex")), "name"],
    ["a PrintableString with a line feed", element(0x13, Buffer.from("a\nb")), "name"],
    ["an IA5String with a high bit", element(0x16, Buffer.of(0xe4)), "name"],
    ["a BMPString of odd length", element(0x1e, Buffer.of(0, 65, 0)), "name"],
    ["a BMPString with a surrogate", element(0x1e, Buffer.from("d83dde00", "hex")), "name"],
    ["a UniversalString beyond Unicode", element(0x1c, Buffer.from("00110000", "hex")), "name"],
    ["an empty value", utf8String(""), "name"],
    ["a value that is no string", nullValue(), "name"],
    ["trailing bytes", Buffer.concat([utf8String("a"), nullValue()]), "der"],
  ])("%s is refused", (_, value, code) => {
    expect(() => read(set(cn(value)))).toThrow(expect.objectContaining({ code }));
  });

  test("a multi-valued RDN keeps its members together", () => {
    const name = read(set(cn(utf8String("bob")), ou(utf8String("Partners"))), set(cn(utf8String("eve"))));
    expect(name.rdns.map((rdn) => rdn.length)).toEqual([2, 1]);
    expect(name.attributes.filter(({ type }) => type === "CN").map(({ value }) => value)).toEqual([
      "bob",
      "eve",
    ]);
    expect(formatName(name)).toBe("CN=bob+OU=Partners,CN=eve");
  });

  test("members of an RDN out of DER order, or doubled, are refused", () => {
    const [first, second] = [cn(utf8String("a")), ou(utf8String("b"))] as const;
    for (const members of [
      [second, first],
      [first, first],
    ])
      expect(() => read(element(0x31, ...members))).toThrow(expect.objectContaining({ code: "der" }));
  });

  test("an empty RDN is refused, an empty name is not", () => {
    expect(() => read(element(0x31))).toThrow(expect.objectContaining({ code: "name" }));
    expect(read().attributes).toEqual([]);
  });

  test("an unknown attribute type keeps its OID", () => {
    expect(values(set(attribute("1.2.3.4", utf8String("x"))))).toEqual(["1.2.3.4=x"]);
  });

  test("text that looks like another attribute stays a value", () => {
    const name = read(set(attribute("2.5.4.10", utf8String("CN=bob,OU=Admins"))), set(cn(utf8String("eve"))));
    expect(name.attributes.filter(({ type }) => type === "CN")).toEqual([{ type: "CN", value: "eve" }]);
    expect(formatName(name)).toBe("O=CN=bob\\,OU=Admins,CN=eve");
  });
});

describe("formatting names", () => {
  test("API Gateway's form: encoded order, no spaces", () => {
    const attributes: NameAttribute[] = [
      { type: "CN", value: "CloudFront" },
      { type: "C", value: "GB" },
      { type: "L", value: "London" },
      { type: "O", value: "Serverless Inc" },
      { type: "OU", value: "CloudFront" },
      { type: "ST", value: "England" },
    ];
    expect(formatName(parseName(encodeName(attributes)))).toBe(
      "CN=CloudFront,C=GB,L=London,O=Serverless Inc,OU=CloudFront,ST=England",
    );
  });

  test.each([
    ["a,b+c", "a\\,b\\+c"],
    ['"<>;\\', '\\"\\<\\>\\;\\\\'],
    [" a ", "\\ a\\ "],
    ["#1", "\\#1"],
    ["a#1 b", "a#1 b"],
    ["a\r\nb", "a\\0D\\0Ab"],
    ["a\0b", "a\\00b"],
    ["\u0085", "\\C2\\85"],
    ["a\u202eb", "a\\E2\\80\\AEb"],
    ["\u2028", "\\E2\\80\\A8"],
    ["Zürich", "Zürich"],
    ["a=b", "a=b"],
  ])("%j is written %s", (value, expected) => {
    expect(formatName(read(set(cn(utf8String(value)))))).toBe(`CN=${expected}`);
  });

  test("no value can break the line, or end its attribute", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", minLength: 1 }), (value) => {
        const text = formatName(read(set(cn(utf8String(value))), set(ou(utf8String("x")))));
        // biome-ignore lint/suspicious/noControlCharactersInRegex: that none is left is the promise
        expect(text).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/);
        expect(text.replace(/\\./g, "").split(",")).toHaveLength(2);
      }),
      { seed: 2, numRuns: 500 },
    );
  });
});

describe("writing names", () => {
  test.each([
    ["an unknown type", { type: "toString", value: "x" }],
    ["an empty value", { type: "CN", value: "" }],
    ["65 characters", { type: "CN", value: "x".repeat(65) }],
    ["a line feed", { type: "CN", value: "a\nb" }],
    ["a NUL", { type: "CN", value: "a\0b" }],
    ["a text-direction character", { type: "CN", value: "a\u202eb" }],
    ["half a surrogate pair", { type: "CN", value: "\ud800" }],
    ["a space at an end", { type: "CN", value: "bob " }],
    ["a country of three letters", { type: "C", value: "GBR" }],
    ["a serialNumber outside PrintableString", { type: "serialNumber", value: "1_2" }],
    ["a mailbox outside ASCII", { type: "emailAddress", value: "ü@example.com" }],
  ])("%s is refused", (_, one) => {
    expect(() => encodeName([one])).toThrow(expect.objectContaining({ code: "name" }));
  });

  test("64 characters beyond the BMP are 64 characters", () => {
    expect(parseName(encodeName([{ type: "CN", value: "😀".repeat(64) }])).attributes).toHaveLength(1);
  });

  test("what is written is read back", () => {
    const value = fc
      .string({ unit: "binary", minLength: 1, maxLength: 64 })
      // Without what encodeName refuses.
      .map((text) => text.replace(/[\p{Cc}\p{Cs}\p{Cf}\p{Zl}\p{Zp}]/gu, "").trim())
      .filter((text) => text !== "");
    const attributes = fc.array(fc.record({ type: fc.constantFrom("CN", "O", "OU", "L", "ST"), value }), {
      maxLength: 6,
    });
    fc.assert(
      fc.property(attributes, (all) => {
        const name = parseName(encodeName(all));
        expect(name.attributes).toEqual(all);
        expect(name.rdns).toHaveLength(all.length);
      }),
      { seed: 3, numRuns: 500 },
    );
  });
});
