/** A plain document becomes Terraform's data source: one line an action, which reviewers and the policy scan read. */
import {
  DataAwsIamPolicyDocument,
  type DataAwsIamPolicyDocumentStatement,
} from "@cdktf/provider-aws/lib/data-aws-iam-policy-document/index.js";
import type { Construct } from "constructs";
import type { Statement, TrustStatement } from "./statements.ts";

/** Its JSON, as an expression. */
export function policyDocument(
  scope: Construct,
  id: string,
  statements: readonly (Statement | TrustStatement)[],
): string {
  return new DataAwsIamPolicyDocument(scope, id, { statement: statements.map(written) }).json;
}

function written(one: Statement | TrustStatement): DataAwsIamPolicyDocumentStatement {
  const { Sid, Action, Condition = {} } = one;
  const condition = Object.entries(Condition).flatMap(([test, keys]) =>
    Object.entries(keys).map(([variable, values]) => ({ test, variable, values: [values].flat() })),
  );
  return {
    ...{ sid: Sid, actions: [Action].flat() },
    ...("Resource" in one ? { resources: [...one.Resource] } : {}),
    ...("Principal" in one
      ? {
          principals: Object.entries(one.Principal).map(([type, identifiers]) => ({
            ...{ type, identifiers: [...identifiers] },
          })),
        }
      : {}),
    ...(condition.length > 0 ? { condition } : {}),
  };
}
