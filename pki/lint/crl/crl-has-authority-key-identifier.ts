/** The authority key identifier is what the issuer calls its own key. */
import { readAuthorityKeyIdentifier } from "../../extensions.ts";
import { extensionOids } from "../../oids.ts";
import type { CrlRule } from "../rule.ts";

export const crlHasAuthorityKeyIdentifier: CrlRule = {
  name: "crl-has-authority-key-identifier",
  reference: "RFC 5280 5.2.1",
  check: ({ extension, issuer }) => {
    const authority = extension(extensionOids.authorityKeyIdentifier);
    if (authority === undefined) return "no authority key identifier";
    const expected = issuer.subjectKeyIdentifier ?? issuer.publicKey.keyIdentifier;
    return readAuthorityKeyIdentifier(authority.value).keyIdentifier?.equals(expected)
      ? undefined
      : "the authority key identifier is not the issuer's subject key identifier";
  },
};
