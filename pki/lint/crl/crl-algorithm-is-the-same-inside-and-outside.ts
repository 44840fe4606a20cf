/** The signature algorithm inside is the one outside, one of ours, and one that the issuer's key can make. */
import { parseSignatureAlgorithm, signatureAlgorithms } from "../../signature.ts";
import type { CrlRule } from "../rule.ts";

export const crlAlgorithmIsTheSameInsideAndOutside: CrlRule = {
  name: "crl-algorithm-is-the-same-inside-and-outside",
  reference: "RFC 5280 5.1.1.2, 5.1.2.2",
  check: ({ tbs, outsideAlgorithm, issuer }) => {
    if (outsideAlgorithm !== undefined && !outsideAlgorithm.equals(tbs.algorithm))
      return "the signature algorithms inside and outside differ";
    const { kind } = signatureAlgorithms[parseSignatureAlgorithm(tbs.algorithm)];
    return issuer.publicKey.kind === kind
      ? undefined
      : `a ${kind} signature by a ${issuer.publicKey.kind} key`;
  },
};
