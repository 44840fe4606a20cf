/** The subject key identifier is this key's, the authority key identifier is what the issuer calls its own key. */
import { readAuthorityKeyIdentifier, readSubjectKeyIdentifier } from "../../extensions.ts";
import { extensionOids } from "../../oids.ts";
import { parsePublicKey } from "../../public-key.ts";
import type { CertificateRule } from "../rule.ts";

export const keyIdentifiersMatch: CertificateRule = {
  name: "key-identifiers-match",
  reference: "RFC 5280 4.2.1.1, 4.2.1.2",
  needsIssuer: true,
  check: ({ tbs, extension, issuer }) => {
    const subject = extension(extensionOids.subjectKeyIdentifier);
    const authority = extension(extensionOids.authorityKeyIdentifier);
    if (subject === undefined) return "no subject key identifier";
    if (authority === undefined) return "no authority key identifier";
    const own = parsePublicKey(tbs.spki).keyIdentifier;
    if (!readSubjectKeyIdentifier(subject.value).equals(own))
      return "the subject key identifier is not the SHA-1 of the key";
    const issuers =
      issuer === undefined ? own : (issuer.subjectKeyIdentifier ?? issuer.publicKey.keyIdentifier);
    return readAuthorityKeyIdentifier(authority.value).keyIdentifier?.equals(issuers)
      ? undefined
      : "the authority key identifier is not the issuer's subject key identifier";
  },
};
