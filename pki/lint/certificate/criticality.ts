/** Which extensions are critical is fixed: a verifier that knows less must stop at the right ones only. */
import { extensionOids } from "../../oids.ts";
import type { CertificateRule } from "../rule.ts";

const expected: ReadonlyMap<string, boolean> = new Map<string, boolean>([
  [extensionOids.basicConstraints, true],
  [extensionOids.keyUsage, true],
  [extensionOids.extendedKeyUsage, false],
  [extensionOids.subjectKeyIdentifier, false],
  [extensionOids.authorityKeyIdentifier, false],
  [extensionOids.crlDistributionPoints, false],
  [extensionOids.authorityInfoAccess, false],
]);

export const criticality: CertificateRule = {
  name: "criticality",
  reference: "RFC 5280 4.2.1.1, .2, .3, .9, .12, .13, 4.2.2.1",
  check: ({ tbs }) => {
    const wrong = tbs.extensions.find((one) => (expected.get(one.oid) ?? one.critical) !== one.critical);
    if (wrong === undefined) return undefined;
    return `extension ${wrong.oid} must ${wrong.critical ? "not " : ""}be critical`;
  },
};
