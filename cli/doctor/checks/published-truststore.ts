/** The bucket's latest truststore is the one that ca-reconcile published, and API Gateway will take it whole. */
import { createHash } from "node:crypto";
import { externalKeys } from "#contract/external-bucket.ts";
import { lintTruststore } from "#pki/truststore.ts";
import { type Check, caReader, caState, type Finding, fail, ok, warn } from "../check.ts";

export const publishedTruststore: Check = {
  code: "published-truststore",
  run: async (at) => {
    const { bucket, truststoreVersion, truststoreSha256 } = await caState(at);
    const subject = `${bucket}/${externalKeys.truststore}`;
    const latest = await caReader(at).object(bucket, externalKeys.truststore);
    if (!latest)
      return [
        fail(
          "truststore-missing",
          subject,
          "there is none",
          "bring its version back: docs/disaster-recovery.md, objects of the external bucket",
        ),
      ];
    const sha256 = createHash("sha256").update(latest.body).digest("hex");
    if (latest.version !== truststoreVersion || sha256 !== truststoreSha256)
      return [
        fail(
          "truststore-foreign",
          subject,
          `latest version ${latest.version} is not ${truststoreVersion}, which ca-reconcile published`,
          "find out who wrote it (CloudTrail); APIs still pin the published one; deploy the CA stack",
        ),
      ];
    const report = lintTruststore(latest.body.toString("utf8"), at.now);
    const findings: Finding[] = [
      ...report.errors.map((one) =>
        fail("truststore-unfit", subject, one.message, "deploy the CA stack with a generation that is fit"),
      ),
      ...report.warnings.map((one) =>
        warn("truststore-doubtful", subject, one.message, "rotate the CA: docs/operations.md"),
      ),
    ];
    return findings.length > 0 ? findings : [ok("truststore", subject, `version ${truststoreVersion}`)];
  },
};
