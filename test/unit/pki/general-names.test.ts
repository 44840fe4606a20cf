import { isIPv4, isIPv6 } from "node:net";
import fc from "fast-check";
import { readWhole } from "#pki/der/reader.ts";
import { encodeGeneralNames, readGeneralNames, type SubjectAltName } from "#pki/general-names.ts";

const roundTrip = (name: SubjectAltName) =>
  readGeneralNames(readWhole(encodeGeneralNames([name]), "names")).map(({ kind, value }) => ({
    kind,
    value,
  }));

describe("general names", () => {
  test.each<[SubjectAltName["kind"], string, string?]>([
    ["dns", "a.example.com"],
    ["dns", "*.example.com"],
    ["dns", "localhost"],
    ["dns", "xn--zrich-kva.example"],
    ["ip", "0.0.0.0"],
    ["ip", "255.255.255.255"],
    ["ip", "::"],
    ["ip", "::1"],
    ["ip", "2001:DB8:0:0:1:0:0:1", "2001:db8::1:0:0:1"],
    ["ip", "2001:db8:0:1:1:1:1:1"],
    ["ip", "2001:0db8::0001", "2001:db8::1"],
    ["ip", "fe80::"],
    ["email", "a.b+c@example.com"],
    ["uri", "spiffe://example.com/a"],
    ["uri", "urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6"],
  ])("%s %s is written and read back", (kind, value, expected = value) => {
    expect(roundTrip({ kind, value })).toEqual([{ kind, value: expected }]);
  });

  test.each<[SubjectAltName["kind"], string]>([
    ["dns", ""],
    ["dns", "a..b"],
    ["dns", "-a.example"],
    ["dns", "a_b.example"],
    ["dns", "a.example."],
    ["dns", "*"],
    ["dns", "a.*.example"],
    ["dns", "a\n.example"],
    ["dns", "a.example\n"],
    ["dns", "zürich.example"],
    ["dns", `${"a".repeat(64)}.example`],
    ["dns", `${"a.".repeat(127)}aa`],
    ["ip", "1.2.3"],
    ["ip", "1.2.3.256"],
    ["ip", "01.2.3.4"],
    ["ip", "1.2.3.4 "],
    ["ip", "::1::"],
    ["ip", "1:2:3:4:5:6:7"],
    ["ip", "1:2:3:4:5:6:7:8:9"],
    ["ip", "1:2:3:4:5:6:7::8"],
    ["ip", ":1"],
    ["ip", "12345::"],
    ["ip", "::ffff:1.2.3.4"],
    ["email", "example.com"],
    ["email", "a b@example.com"],
    ["email", "a@b@example.com"],
    ["uri", "example.com/a"],
    ["uri", "http:"],
    ["uri", "http://a b"],
    ["uri", "http://ü"],
  ])("%s %j is not written", (kind, value) => {
    expect(() => encodeGeneralNames([{ kind, value }])).toThrow(expect.objectContaining({ code: "name" }));
  });

  test("every IP address has one text, which Node reads as the same address", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.ipV4(),
          fc.ipV6().filter((text) => !text.includes(".")),
        ),
        (text) => {
          const [{ value }] = roundTrip({ kind: "ip", value: text }) as [SubjectAltName];
          expect(isIPv4(value) || isIPv6(value)).toBe(true);
          expect(roundTrip({ kind: "ip", value })[0]?.value).toBe(value);
          const host = (one: string) => new URL(`http://${one.includes(":") ? `[${one}]` : one}/`).hostname;
          expect(host(value)).toBe(host(text));
          expect(host(value).replace(/[[\]]/g, "")).toBe(value);
        },
      ),
      { seed: 6, numRuns: 500 },
    );
  });
});
