/** The signature algorithm inside is the one outside, one of ours, and one that the issuer's key can make. */
import { parsePublicKey } from "../../public-key.ts";
import { parseSignatureAlgorithm, signatureAlgorithms } from "../../signature.ts";
import type { CertificateRule } from "../rule.ts";

export const algorithmIsTheSameInsideAndOutside: CertificateRule = {
  name: "algorithm-is-the-same-inside-and-outside",
  reference: "RFC 5280 4.1.1.2, 4.1.2.3",
  needsIssuer: true,
  check: ({ tbs, outsideAlgorithm, issuer }) => {
    if (outsideAlgorithm !== undefined && !outsideAlgorithm.equals(tbs.algorithm))
      return "the signature algorithms inside and outside differ";
    const { kind } = signatureAlgorithms[parseSignatureAlgorithm(tbs.algorithm)];
    const signer = issuer?.publicKey ?? parsePublicKey(tbs.spki);
    return signer.kind === kind ? undefined : `a ${kind} signature by a ${signer.kind} key`;
  },
};
