/** What an instance may do: read what it is for, write its logs and measures, be reached by Session Manager. */
import {
  DataAwsIamPolicyDocument,
  type DataAwsIamPolicyDocumentStatement,
} from "@cdktf/provider-aws/lib/data-aws-iam-policy-document/index.js";
import { IamInstanceProfile } from "@cdktf/provider-aws/lib/iam-instance-profile/index.js";
import { IamRole } from "@cdktf/provider-aws/lib/iam-role/index.js";
import { IamRolePolicy } from "@cdktf/provider-aws/lib/iam-role-policy/index.js";
import type { ITerraformDependable } from "cdktf";
import { Construct } from "constructs";
import type { ApiEnvironment, Environment } from "#config/environment.ts";
import { publishedArns } from "#contract/external-bucket.ts";
import { edgeSecretName, policyBucketName, roleNames } from "#contract/names.ts";
import { edgeLogGroup, edgeLogs, edgeMetricNamespace, edgeProgramKey } from "#contract/private-edge.ts";
import { secretArn } from "../token-policy.ts";
import type { EdgeScope } from "./edge-scope.ts";

export class InstanceRole extends Construct {
  readonly profileArn: string;
  readonly ready: ITerraformDependable[];

  constructor(scope: Construct, id: string, props: EdgeScope) {
    super(scope, id);
    const { environment, api } = props;
    const name = roleNames.edge(environment.name, api.name);
    const role = new IamRole(this, "role", {
      name,
      description: `NGINX's instances of ${props.name}`,
      assumeRolePolicy: new DataAwsIamPolicyDocument(this, "trust", {
        statement: [
          {
            actions: ["sts:AssumeRole"],
            principals: [{ type: "Service", identifiers: ["ec2.amazonaws.com"] }],
          },
        ],
      }).json,
    });
    const policy = new IamRolePolicy(this, "policy", {
      ...{ name, role: role.name },
      policy: new DataAwsIamPolicyDocument(this, "permissions", {
        statement: instanceStatements(environment, api),
      }).json,
    });
    const profile = new IamInstanceProfile(this, "profile", { name, role: role.name });
    this.profileArn = profile.arn;
    this.ready = [policy, profile];
  }
}

/** Also what the boundary lets such a role do (stacks/foundation/boundary.ts). */
export function instanceStatements(
  environment: Pick<Environment, "name" | "ca">,
  api: ApiEnvironment,
): DataAwsIamPolicyDocumentStatement[] {
  const { name, ca } = environment;
  if (!api.privateEdge) return [];
  const own = (service: string, resource: string) =>
    `arn:aws:${service}:${api.region}:${api.account}:${resource}`;
  const { secret, kmsKeyArn } = api.privateEdge.serverCertificate;
  return [
    {
      sid: "EdgeFiles",
      actions: ["s3:GetObject", "s3:GetObjectVersion"],
      resources: [
        ...publishedArns(name, ca.account),
        `arn:aws:s3:::${policyBucketName(name, api.name, api.account)}/${edgeProgramKey}`,
      ],
    },
    {
      sid: "EdgeSecrets",
      actions: ["secretsmanager:GetSecretValue"],
      resources: [edgeSecretName(name, api.name), secret].map((id) =>
        secretArn(api, { store: "secrets-manager", id }),
      ),
    },
    ...(kmsKeyArn === undefined
      ? []
      : [
          {
            ...{ sid: "EdgeSecretKey", actions: ["kms:Decrypt"], resources: [kmsKeyArn] },
            condition: [
              {
                test: "StringEquals",
                variable: "kms:ViaService",
                values: [`secretsmanager.${api.region}.amazonaws.com`],
              },
            ],
          },
        ]),
    {
      sid: "EdgeLogs",
      actions: ["logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLogStreams"],
      resources: edgeLogs.map((log) => own("logs", `log-group:${edgeLogGroup(name, api.name, log)}:*`)),
    },
    {
      sid: "EdgeMeasures",
      actions: ["cloudwatch:PutMetricData"],
      // AWS knows no resource for it: the namespace is what it is held to.
      resources: ["*"],
      condition: [
        {
          test: "StringEquals",
          variable: "cloudwatch:namespace",
          values: [edgeMetricNamespace(name, api.name)],
        },
      ],
    },
    {
      sid: "EdgeSessions",
      // Session Manager's, without Run Command, parameters or documents; AWS knows no resource for them.
      actions: [
        "ssm:UpdateInstanceInformation",
        "ssmmessages:CreateControlChannel",
        "ssmmessages:CreateDataChannel",
        "ssmmessages:OpenControlChannel",
        "ssmmessages:OpenDataChannel",
        "ec2messages:GetEndpoint",
        "ec2messages:GetMessages",
        "ec2messages:AcknowledgeMessage",
      ],
      resources: ["*"],
    },
  ];
}
