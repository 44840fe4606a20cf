/**
 * Writing the DNS records of the environment's domains and no others: the domain's CNAME, and the CNAME below it by
 * which its certificate is validated.
 *
 * The keys must be there (`Null`): a list that is empty fulfils every ForAllValues.
 */
import { allow, type Statement } from "./statements.ts";

const key = "route53:ChangeResourceRecordSets";

export function recordStatements(domains: readonly string[]): Statement[] {
  if (domains.length === 0) return [];
  return [
    // A zone has an id, not a name of ours; what may be changed in it is said by the conditions.
    allow("Records", [key], ["arn:aws:route53:::hostedzone/*"], {
      "ForAllValues:StringLike": {
        [`${key}NormalizedRecordNames`]: domains.flatMap((domain) => [domain, `_*.${domain}`]),
      },
      "ForAllValues:StringEquals": {
        [`${key}RecordTypes`]: ["CNAME"],
        [`${key}Actions`]: ["CREATE", "UPSERT", "DELETE"],
      },
      Null: { [`${key}NormalizedRecordNames`]: "false" },
    }),
  ];
}

/** Finding the zone and seeing what is in it. */
export const readZones: Statement = allow("ReadZones", ["route53:Get*", "route53:List*"], ["*"]);
