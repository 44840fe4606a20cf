/** Only extensions that we write, each readable to its last byte. */
import { readKnownExtensions } from "../../certificate.ts";
import { readAuthorityInfoAccess } from "../../extensions.ts";
import { extensionOids } from "../../oids.ts";
import type { CertificateRule } from "../rule.ts";

const written = new Set<string>([
  extensionOids.subjectKeyIdentifier,
  extensionOids.keyUsage,
  extensionOids.subjectAltName,
  extensionOids.basicConstraints,
  extensionOids.crlDistributionPoints,
  extensionOids.authorityKeyIdentifier,
  extensionOids.extendedKeyUsage,
  extensionOids.authorityInfoAccess,
]);

export const extensionsAreKnownAndReadable: CertificateRule = {
  name: "extensions-are-known-and-readable",
  reference: "RFC 5280 4.2.1",
  check: ({ tbs }) => {
    const foreign = tbs.extensions.find((one) => !written.has(one.oid));
    if (foreign !== undefined) return `extension ${foreign.oid} is none of ours`;
    for (const one of tbs.extensions)
      if (one.oid === extensionOids.authorityInfoAccess) readAuthorityInfoAccess(one.value);
      else readKnownExtensions([one]);
    return undefined;
  },
};
