import fc from "fast-check";
import { integer } from "#pki/der/writer.ts";
import { parseSerial, randomSerial, serialDecimal } from "#pki/serial.ts";

const magnitude = fc.bigInt({ min: 1n, max: (1n << 159n) - 1n });

describe("serial numbers", () => {
  test("random ones are 16 octets, positive, minimal, and differ", () => {
    const serials = Array.from({ length: 500 }, randomSerial);
    for (const serial of serials) {
      expect(serial).toMatch(/^[4-7][0-9a-f]{31}$/);
      expect(parseSerial(`0x${serial}`)).toBe(serial);
    }
    expect(new Set(serials).size).toBe(serials.length);
  });

  test.each([
    ["10", "0a"],
    ["0x10", "10"],
    ["0X0010", "10"],
    ["ff", "00ff"],
    ["FF", "00ff"],
    ["0a:1B:2c", "0a1b2c"],
    ["00:ff", "00ff"],
    ["80:00", "008000"],
    [" 127\n", "7f"],
    ["128", "0080"],
  ])("%s is read", (text, expected) => {
    expect(parseSerial(text)).toBe(expected);
  });

  test.each(["", "0", "0x0", "00:00", "-1", "-0x1", "1.5", "12 34", "0x", "xyz", "a:b", "0a:1", "1:23", ":"])(
    "%j is refused",
    (text) => {
      expect(() => parseSerial(text)).toThrow(expect.objectContaining({ code: "serial" }));
    },
  );

  test("more than 20 octets are refused, 20 are read", () => {
    expect(parseSerial(`0x7f${"00".repeat(19)}`)).toHaveLength(40);
    for (const text of [`0x80${"00".repeat(19)}`, "9".repeat(64), "9".repeat(1_000_000)])
      expect(() => parseSerial(text)).toThrow(expect.objectContaining({ code: "serial" }));
  });

  test("decimal, hex and colon hex of one number are one serial, and it is the DER content", () => {
    fc.assert(
      fc.property(magnitude, (value) => {
        const hex = value.toString(16).padStart(42, "0");
        const serial = parseSerial(value.toString());
        expect(parseSerial(`0x${hex}`)).toBe(serial);
        expect(parseSerial((hex.match(/../g) as string[]).join(":"))).toBe(serial);
        expect(integer(Buffer.from(hex, "hex")).subarray(2).toString("hex")).toBe(serial);
        expect(serialDecimal(serial)).toBe(value.toString());
      }),
      { seed: 1, numRuns: 500 },
    );
  });

  test("a serial of API Gateway's logs comes back as it was", () => {
    const decimal = "434097192924365099224895636134924434330678071295";
    expect(serialDecimal(parseSerial(decimal))).toBe(decimal);
  });

  test("a negative serial of others keeps its sign in decimal", () => {
    expect(serialDecimal("ff")).toBe("-1");
    expect(serialDecimal("00ff")).toBe("255");
    expect(() => serialDecimal("FF")).toThrow(expect.objectContaining({ code: "serial" }));
  });
});
