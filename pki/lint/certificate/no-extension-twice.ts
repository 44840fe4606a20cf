/** Which of two would count is a guess, and guesses differ between programs. */
import type { CertificateRule } from "../rule.ts";

export const noExtensionTwice: CertificateRule = {
  name: "no-extension-twice",
  reference: "RFC 5280 4.2",
  check: ({ tbs }) => {
    const oids = tbs.extensions.map((one) => one.oid);
    const twice = oids.find((oid, index) => oids.indexOf(oid) !== index);
    return twice === undefined ? undefined : `extension ${twice} stands there twice`;
  },
};
