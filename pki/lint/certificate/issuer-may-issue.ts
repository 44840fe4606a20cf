/** The issuer is a CA with keyCertSign, and its path length leaves room for what is issued. */
import { readBasicConstraints } from "../../extensions.ts";
import { extensionOids } from "../../oids.ts";
import type { CertificateRule } from "../rule.ts";

export const issuerMayIssue: CertificateRule = {
  name: "issuer-may-issue",
  reference: "RFC 5280 4.2.1.9, 6.1.4 (k) to (n)",
  needsIssuer: true,
  check: ({ extension, issuer, isCa }) => {
    if (issuer === undefined) return isCa ? undefined : "a self-signed leaf";
    if (issuer.basicConstraints?.ca !== true) return "the issuer is no CA";
    if (issuer.keyUsage?.has("keyCertSign") !== true) return "the issuer lacks keyCertSign";
    const room = issuer.basicConstraints.pathLength;
    const constraints = extension(extensionOids.basicConstraints);
    if (!isCa || room === undefined || constraints === undefined) return undefined;
    const own = readBasicConstraints(constraints.value).pathLength;
    if (room === 0) return "the issuer's path length allows leaves only";
    return own !== undefined && own < room ? undefined : `the path length must be below the issuer's ${room}`;
  },
};
