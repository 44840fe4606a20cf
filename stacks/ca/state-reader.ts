/**
 * Lets the API accounts' deploy and plan roles, and those who run Terraform, read the CA stack's state: one object,
 * nothing else. The state holds no secret (tested).
 *
 * Operators and the pipeline's entry are named themselves, because Terraform reads remote state with its caller's
 * credentials: the provider's assumed role counts for resources only.
 */
import { DataAwsIamPolicyDocument } from "@cdktf/provider-aws/lib/data-aws-iam-policy-document/index.js";
import { IamRole } from "@cdktf/provider-aws/lib/iam-role/index.js";
import { IamRolePolicy } from "@cdktf/provider-aws/lib/iam-role-policy/index.js";
import { Construct } from "constructs";
import type { Environment } from "#config/environment.ts";
import { roleArn, roleNames, stackNames, stateKey } from "#contract/names.ts";
import { policyDocument } from "#stacks/foundation/policy-document.ts";
import { trusted } from "#stacks/foundation/roles.ts";
import { trustInRoles } from "#stacks/foundation/statements.ts";

export class StateReader extends Construct {
  constructor(scope: Construct, id: string, props: { readonly environment: Environment }) {
    super(scope, id);
    const { name, ca, apis } = props.environment;
    const readers = [
      ...trusted(props.environment, "plan"),
      ...apis.flatMap(({ account }) => [
        roleArn(account, roleNames.deploy(name)),
        roleArn(account, roleNames.plan(name)),
      ]),
    ];
    const role = new IamRole(this, "role", {
      name: roleNames.stateReader(name),
      description: "Lets the API accounts read the CA stack's outputs",
      assumeRolePolicy: policyDocument(this, "trust", [trustInRoles(readers)]),
    });
    const bucket = `arn:aws:s3:::${ca.state.bucket}`;
    const key = stateKey(stackNames.ca(name));
    new IamRolePolicy(this, "policy", {
      name: roleNames.stateReader(name),
      role: role.name,
      policy: new DataAwsIamPolicyDocument(this, "permissions", {
        statement: [{ sid: "OneState", actions: ["s3:GetObject"], resources: [`${bucket}/${key}`] }],
      }).json,
    });
  }
}
