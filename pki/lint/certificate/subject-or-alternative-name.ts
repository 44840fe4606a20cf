/** An empty subject needs a critical alternative name; a CA always has a subject. */
import { parseName } from "../../name.ts";
import { extensionOids } from "../../oids.ts";
import type { CertificateRule } from "../rule.ts";

export const subjectOrAlternativeName: CertificateRule = {
  name: "subject-or-alternative-name",
  reference: "RFC 5280 4.1.2.6, 4.2.1.6",
  check: ({ tbs, extension, isCa }) => {
    if (parseName(tbs.subject).attributes.length > 0) return undefined;
    if (isCa) return "a CA without a subject";
    const alternative = extension(extensionOids.subjectAltName);
    if (alternative === undefined) return "neither a subject nor an alternative name";
    return alternative.critical ? undefined : "the alternative name of an empty subject must be critical";
  },
};
