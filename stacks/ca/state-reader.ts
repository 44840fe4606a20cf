/**
 * Lets the API accounts' deploy and plan roles, and those who run Terraform, read the CA stack's state: one object,
 * nothing else. The state holds no secret (tested).
 *
 * Operators are named themselves, because Terraform reads remote state with its caller's credentials: the
 * provider's assumed role counts for resources only.
 */
import { DataAwsIamPolicyDocument } from "@cdktf/provider-aws/lib/data-aws-iam-policy-document/index.js";
import { IamRole } from "@cdktf/provider-aws/lib/iam-role/index.js";
import { IamRolePolicy } from "@cdktf/provider-aws/lib/iam-role-policy/index.js";
import { Construct } from "constructs";
import type { Environment } from "#config/environment.ts";
import { roleArn, roleNames, stackNames, stateKey } from "#contract/names.ts";

export class StateReader extends Construct {
  constructor(scope: Construct, id: string, props: { readonly environment: Environment }) {
    super(scope, id);
    const { name, ca, apis, operators } = props.environment;
    const readers = [
      ...new Set([
        ...operators,
        ...apis.flatMap(({ account }) => [
          roleArn(account, roleNames.deploy(name)),
          roleArn(account, roleNames.plan(name)),
        ]),
      ]),
    ];
    const accounts = [...new Set(readers.map((arn) => `${arn.split(":").slice(0, 5).join(":")}:root`))];
    const trust = new DataAwsIamPolicyDocument(this, "trust", {
      statement: [
        {
          actions: ["sts:AssumeRole"],
          // An account as principal and its members as condition: a role that is made anew keeps its access.
          principals: [{ type: "AWS", identifiers: accounts }],
          condition: [{ test: "ArnEquals", variable: "aws:PrincipalArn", values: readers }],
        },
      ],
    });
    const role = new IamRole(this, "role", {
      name: roleNames.stateReader(name),
      description: "Lets the API accounts read the CA stack's outputs",
      assumeRolePolicy: trust.json,
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
