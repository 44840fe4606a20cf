/** RSA 2048, 3072 or 4096, P-256 or P-384, in the one encoding that each has. */
import { parsePublicKey } from "../../public-key.ts";
import type { CertificateRule } from "../rule.ts";

export const publicKeyIsAccepted: CertificateRule = {
  name: "public-key-is-accepted",
  reference: "RFC 5280 4.1.2.7, RFC 3279 2.3.1, RFC 5480 2.1",
  check: ({ tbs }) => {
    parsePublicKey(tbs.spki);
    return undefined;
  },
};
