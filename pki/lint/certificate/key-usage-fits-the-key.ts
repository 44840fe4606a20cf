/** An EC key encrypts no keys; nothing of ours signs with a key for agreement. */
import { readKeyUsage } from "../../extensions.ts";
import { extensionOids } from "../../oids.ts";
import { parsePublicKey } from "../../public-key.ts";
import type { CertificateRule } from "../rule.ts";

export const keyUsageFitsTheKey: CertificateRule = {
  name: "key-usage-fits-the-key",
  reference: "RFC 5480 3, RFC 3279 2.3.1",
  check: ({ tbs, extension, isCa }) => {
    const keyUsage = extension(extensionOids.keyUsage);
    if (keyUsage === undefined) return undefined;
    const usages = readKeyUsage(keyUsage.value);
    const { kind } = parsePublicKey(tbs.spki);
    if (kind === "EC" && (usages.has("keyEncipherment") || usages.has("dataEncipherment")))
      return "encipherment on an EC key";
    if (kind === "RSA" && usages.has("keyAgreement")) return "key agreement on an RSA key";
    return isCa || usages.has("digitalSignature") ? undefined : "a leaf without digitalSignature";
  },
};
