/** Without it a leaf is good for everything; a CA of ours carries none. */
import { readExtendedKeyUsage } from "../../extensions.ts";
import { extensionOids } from "../../oids.ts";
import type { CertificateRule } from "../rule.ts";

export const leafHasExtendedKeyUsage: CertificateRule = {
  name: "leaf-has-extended-key-usage",
  reference: "RFC 5280 4.2.1.12",
  check: ({ extension, isCa }) => {
    const purposes = extension(extensionOids.extendedKeyUsage);
    if (isCa) return purposes === undefined ? undefined : "an extended key usage on a CA";
    if (purposes === undefined) return "a leaf without an extended key usage";
    const unknown = readExtendedKeyUsage(purposes.value).find((one) => !/^(client|server)Auth$/.test(one));
    return unknown === undefined ? undefined : `extended key usage ${unknown}`;
  },
};
