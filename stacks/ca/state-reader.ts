/**
 * Lets the API accounts' deploy and plan roles read the CA stack's state: one object, nothing else. The state
 * holds no secret (tested).
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
    const { name, ca, apis } = props.environment;
    const trust = new DataAwsIamPolicyDocument(this, "trust", {
      statement: [
        {
          actions: ["sts:AssumeRole"],
          principals: [
            { type: "AWS", identifiers: [...new Set(apis.map((api) => `arn:aws:iam::${api.account}:root`))] },
          ],
          condition: [
            {
              test: "ArnEquals",
              variable: "aws:PrincipalArn",
              values: [
                ...new Set(
                  apis.flatMap((api) => [
                    roleArn(api.account, roleNames.deploy(name)),
                    roleArn(api.account, roleNames.plan(name)),
                  ]),
                ),
              ],
            },
          ],
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
