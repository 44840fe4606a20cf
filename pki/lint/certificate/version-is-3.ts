/** Extensions need version 3. */
import type { CertificateRule } from "../rule.ts";

export const versionIs3: CertificateRule = {
  name: "version-is-3",
  reference: "RFC 5280 4.1.2.1",
  check: ({ tbs }) => (tbs.version === 3 ? undefined : `version ${tbs.version}`),
};
