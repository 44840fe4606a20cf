/**
 * What a policy allows is named. A wildcard in an allowed action, resource or principal needs a reason here, by the
 * statement that holds it; a reason that nothing uses is a mistake too.
 */
import { at, dataSources, type Json, type Statement, type Synthesized, statements } from "../synthesized.ts";
import { foundationWildcards } from "./foundation-wildcards.ts";
import type { Rule } from "./rule.ts";

export interface WildcardReason {
  readonly sid: string;
  readonly values: RegExp;
  readonly reason: string;
}

export const reasons: readonly WildcardReason[] = [
  {
    sid: "OwnLog",
    values: /^\$\{aws_cloudwatch_log_group\.[\w-]+\.arn\}:\*$/,
    reason: "the streams of the function's own group: Lambda chooses their names",
  },
  {
    sid: "CaPublicFiles",
    values: /^arn:aws:s3:::[a-z0-9-]+\/crl\/\*$/,
    reason: "one CRL a generation and CA: generations come and go",
  },
  {
    sid: "ApisRead",
    values: /^\$\{aws_s3_bucket\.[\w-]+\.arn\}\/crl\/\*$/,
    reason: "the same, from the bucket's side",
  },
  {
    sid: "Crls",
    values: /^\$\{aws_s3_bucket\.[\w-]+\.arn\}\/crl\/\*-issuing\.crl$/,
    reason: "the issuing CRL of every generation",
  },
  {
    sid: "TrustAnchors",
    values: /^\$\{aws_s3_bucket\.[\w-]+\.arn\}\/(crl\/\*-root\.crl|certs\/\*-(root|issuing)\.c(rt|er))$/,
    reason: "root CRL and CA certificates of every generation",
  },
  {
    sid: "Leaves",
    values: /^\$\{aws_s3_bucket\.[\w-]+\.arn\}\/certs\/\*\/\*\.pem$/,
    reason: "one object a certificate: its serial is not known beforehand",
  },
  {
    sid: "Administration",
    values: /^\*$/,
    reason: "in a key policy the resource is always this key",
  },
  {
    sid: "RulesSend",
    values: /^(\*|kms:GenerateDataKey\*)$/,
    reason:
      "in a key policy the resource is always this key; SNS asks for data keys with and without their plain text",
  },
  { sid: "AlarmsSend", values: /^(\*|kms:GenerateDataKey\*)$/, reason: "the same" },
  ...["EdgeFiles", "OwnFiles"].map((sid) => ({
    sid,
    values: /^(arn:aws:s3:::[a-z0-9-]+\/crl\/)?\*$/,
    reason:
      "one CRL a generation and CA; in an endpoint's policy everybody is the account's own, by a condition",
  })),
  {
    sid: "Packages",
    values: /^(\*|arn:aws:s3:::al2023-repos-[a-z0-9-]+-de612dc2\/\*)$/,
    reason: "the distribution's public packages, read without a signature",
  },
  {
    sid: "OwnAccount",
    values: /^((ssm|ssmmessages|ec2messages|secretsmanager|logs|cloudwatch):)?\*$/,
    reason: "an endpoint for the account's own, by a condition; what each may do, its own policy says",
  },
  ...["OnlyThisApi", "ByTheEndpoint"].map((sid) => ({
    sid,
    values: /^(\*|\$\{aws_api_gateway_rest_api\.private-edge_api_rest-api_[0-9A-F]+\.execution_arn\}\/\*)$/,
    reason: "every route of the private API, for whoever comes by NGINX's endpoint: the authorizer decides",
  })),
  {
    sid: "EdgeLogs",
    values: /^arn:aws:logs:[a-z0-9-]+:\d{12}:log-group:\/mtls-api\/[a-z0-9-]+\/edge\/[a-z]+:\*$/,
    reason: "the streams of the edge's own groups: one an instance",
  },
  {
    sid: "EdgeMeasures",
    values: /^\*$/,
    reason: "AWS knows no resource for a metric; the namespace is a condition",
  },
  { sid: "EdgeSessions", values: /^\*$/, reason: "Session Manager's channels know no resource" },
  {
    sid: "AWSLogDeliveryWrite",
    values: /^\$\{aws_s3_bucket\.[\w-]+\.arn\}\/AWSLogs\/\d{12}\/\*$/,
    reason: "flow logs: AWS chooses the names of their objects",
  },
  { sid: "SignDigests", values: /^\*$/, reason: "in a key policy the resource is always this key" },
  ...foundationWildcards,
];

export const noWildcardWithoutReason: Rule = {
  name: "no wildcard without a reason",
  check: (stack) =>
    allowedWildcards(stack)
      .filter(({ statement, value }) => !reasons.some((one) => covers(one, statement, value)))
      .map(({ address, statement, value }) => `${address}: ${statement.sid || "(no sid)"} allows "${value}"`),
  controls: [
    {
      defect: "every action of a service",
      kind: "ca",
      make: (json) => {
        at(json, "aws_iam_policy_document", "functions/ca-issue/permissions").statement[1].actions = [
          "dynamodb:*",
        ];
      },
    },
    {
      defect: "every resource",
      kind: "ca",
      make: (json) => {
        at(json, "aws_iam_policy_document", "functions/ca-issue/permissions").statement[1].resources = ["*"];
      },
    },
    {
      defect: "everything in the CA's bucket",
      kind: "api",
      make: (json) => {
        at(json, "aws_iam_policy_document", "authorizer/function/permissions").statement[2].resources = [
          "arn:aws:s3:::local-ca-external-111111111111/*",
        ];
      },
    },
    {
      defect: "everybody may assume a role",
      kind: "ca",
      make: (json) => {
        at(json, "aws_iam_policy_document", "state-reader/trust").statement[0].principals[0].identifiers = [
          "*",
        ];
      },
    },
    {
      defect: "the deploy role invokes every function",
      kind: "foundation",
      make: (json) => {
        const { statement } = at(json, "aws_iam_policy_document", "deploy-document");
        statement.find(({ sid }: Json) => sid === "Reconcile").resources = ["*"];
      },
    },
    {
      defect: "the plan role does whatever S3 knows",
      kind: "foundation",
      make: (json) => {
        at(json, "aws_iam_policy_document", "plan-document").statement[0].actions.push("s3:*");
      },
    },
    {
      defect: "a policy as text",
      kind: "ca",
      make: (json) => {
        at(json, "aws_iam_role_policy", "functions/ca-issue/policy").policy =
          '{"Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}';
      },
    },
  ],
};

/** Reasons that no statement of the stacks needs. */
export function unusedReasons(stacks: readonly Synthesized[]): string[] {
  const all = stacks.flatMap(allowedWildcards);
  return reasons
    .filter((one) => !all.some(({ statement, value }) => covers(one, statement, value)))
    .map((one) => `${one.sid}: ${one.values}`);
}

function covers(reason: WildcardReason, statement: Statement, value: string): boolean {
  // The boundary numbers what each API adds to it.
  return reason.sid === statement.sid.replace(/\d+$/, "") && reason.values.test(value);
}

function allowedWildcards({ json }: Synthesized) {
  const named = dataSources(json, "aws_iam_policy_document").flatMap(({ address, attributes }) =>
    statements(attributes)
      .filter(({ effect }) => effect === "Allow")
      .flatMap((statement) =>
        [
          ...statement.actions,
          ...statement.resources,
          ...statement.principals.flatMap(({ identifiers }) => identifiers),
        ]
          .filter((value) => value.includes("*"))
          .map((value) => ({ address, statement, value })),
      ),
  );
  return [...named, ...policiesAsText(json)];
}

/** Policies are documents of statements; one written as text could hide a wildcard from every reader. */
function policiesAsText(json: Synthesized["json"]) {
  return Object.entries<Record<string, Record<string, unknown>>>(json.resource).flatMap(([type, byName]) =>
    Object.entries(byName).flatMap(([name, attributes]) =>
      ["policy", "assume_role_policy"]
        .filter((key) => key in attributes)
        .filter((key) => !/^\$\{data\.aws_iam_policy_document\.[\w-]+\.json\}$/.test(String(attributes[key])))
        .map((key) => ({
          address: `${type}.${name}`,
          statement: { ...noStatement, sid: key },
          value: "* (a policy that is no policy document)",
        })),
    ),
  );
}

const noStatement: Statement = {
  sid: "",
  effect: "Allow",
  actions: [],
  resources: [],
  principals: [],
  condition: [],
};
