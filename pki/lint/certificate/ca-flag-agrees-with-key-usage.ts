/** cA TRUE and keyCertSign come together, with keyUsage always there; a leaf signs no CRLs either. */
import { readKeyUsage } from "../../extensions.ts";
import { extensionOids } from "../../oids.ts";
import type { CertificateRule } from "../rule.ts";

export const caFlagAgreesWithKeyUsage: CertificateRule = {
  name: "ca-flag-agrees-with-key-usage",
  reference: "RFC 5280 4.2.1.3, 4.2.1.9",
  check: ({ extension, isCa }) => {
    const keyUsage = extension(extensionOids.keyUsage);
    if (keyUsage === undefined) return "no key usage";
    const usages = readKeyUsage(keyUsage.value);
    for (const usage of ["keyCertSign", "cRLSign"] as const)
      if (usages.has(usage) !== isCa) return isCa ? `a CA without ${usage}` : `${usage} on a leaf`;
    return undefined;
  },
};
