import { decodeOnePem, decodePem, encodePem } from "#pki/pem.ts";

const der = Buffer.from(Array.from({ length: 100 }, (_, i) => i));
const good = encodePem("CERTIFICATE", der);
const body = good.split("\n").slice(1, -2).join("\n");
const codeOf = (use: () => unknown): string => {
  try {
    use();
    return "accepted";
  } catch (error) {
    return (error as { code: string }).code;
  }
};

describe("PEM", () => {
  test("what is written is read back, in 64 columns", () => {
    expect(decodePem(good, "CERTIFICATE")).toEqual([der]);
    expect(good.split("\n")[1]).toHaveLength(64);
    expect(good.endsWith("-----END CERTIFICATE-----\n")).toBe(true);
  });

  test("several objects, CRLF, blank lines and a missing last newline are read", () => {
    const text = `\n${good}\r\n\r\n${good.replaceAll("\n", "\r\n").trimEnd()}`;
    expect(decodePem(text, "CERTIFICATE")).toEqual([der, der]);
  });

  test.each([
    ["nothing", ""],
    ["whitespace only", " \n\n"],
    ["text before", `subject=CN\n${good}`],
    ["text after", `${good}x`],
    ["another label", encodePem("X509 CRL", der)],
    ["a label that only begins so", good.replaceAll("CERTIFICATE", "CERTIFICATE REQUEST")],
    ["BEGIN and END that differ", good.replace("END CERTIFICATE", "END X509 CRL")],
    ["no END", good.slice(0, 80)],
    ["END on the body's line", good.replace("\n-----END", "-----END")],
    ["characters that are not base64", good.replace(body.slice(0, 4), "!!!!")],
    ["base64 with stray bits", `-----BEGIN CERTIFICATE-----\nAAF=\n-----END CERTIFICATE-----\n`],
    ["an empty body", "-----BEGIN CERTIFICATE-----\n\n-----END CERTIFICATE-----\n"],
    ["headers", good.replace("\n", "\nProc-Type: 4,ENCRYPTED\n\n")],
    ["a trusted certificate", good.replaceAll("CERTIFICATE", "TRUSTED CERTIFICATE")],
  ])("%s is refused", (_, text) => {
    expect(codeOf(() => decodePem(text, "CERTIFICATE"))).toBe("pem");
  });

  test.each(["PRIVATE KEY", "EC PRIVATE KEY", "RSA PRIVATE KEY", "ENCRYPTED PRIVATE KEY"])(
    "a %s beside a certificate is refused and named",
    (label) => {
      const key = good.replaceAll("CERTIFICATE", label);
      for (const text of [key + good, good + key])
        expect(() => decodePem(text, "CERTIFICATE")).toThrow(
          expect.objectContaining({
            code: "pem",
            message: expect.stringContaining("keep it to yourself"),
            fields: { label: "CERTIFICATE", found: label },
          }),
        );
    },
  );

  test("decodeOnePem refuses two objects", () => {
    expect(decodeOnePem(good, "CERTIFICATE")).toEqual(der);
    expect(codeOf(() => decodeOnePem(good + good, "CERTIFICATE"))).toBe("pem");
  });

  test("limits: objects, bytes, 10 MB of zeros", () => {
    expect(codeOf(() => decodePem(good + good, "CERTIFICATE", { maxObjects: 1 }))).toBe("size");
    expect(codeOf(() => decodePem(good, "CERTIFICATE", { maxBytes: 100 }))).toBe("size");
    const zeros = "\0".repeat(10_000_000);
    expect(codeOf(() => decodePem(zeros, "CERTIFICATE"))).toBe("size");
    expect(codeOf(() => decodeOnePem(zeros, "CERTIFICATE REQUEST"))).toBe("size");
    expect(codeOf(() => decodePem(zeros, "X509 CRL"))).toBe("pem");
  });
});
