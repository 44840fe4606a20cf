/** Why the policies of the foundation need wildcards, by the statement that holds them (no-wildcard-without-reason). */
import type { WildcardReason } from "./no-wildcard-without-reason.ts";

/** `arn:aws:service:*:ACCOUNT:kind/ENVIRONMENT-*`: everything that bears the environment's name. */
const ofTheEnvironment = /^arn:aws:[a-z0-9]+:\*?:(\d{12})?:[\w/.:-]*\w-\*$/;
const named = "what bears the environment's name, in every region of the account: its stacks come and go";

export const foundationWildcards: readonly WildcardReason[] = [
  {
    sid: "ReadConfiguration",
    values: /^(\*|[a-z0-9]+:(Get|List|Describe|GetBucket)\*)$/,
    reason:
      "a plan reads configuration of whatever the stacks hold, often by listing; no item, secret, log line or object is among it",
  },
  ...[
    ...["Functions", "Roles", "RolesWithinBoundary", "RolesOfFunctions", "LogGroups", "Alarms", "Rules"],
    ...["Topics", "Ledger", "Secrets", "Logs", "Events"],
  ].map((sid) => ({ sid, values: ofTheEnvironment, reason: named })),
  { sid: "Buckets", values: /^arn:aws:s3:::[a-z0-9-]+-\*$/, reason: named },
  {
    sid: "KeyAdministration",
    values: /^arn:aws:kms:\*:\d{12}:(key\/\*|alias\/[a-z0-9-]+-\*)$/,
    reason:
      "a key has no name of ours: who signs with it is said by its policy, which gives the account no Sign",
  },
  { sid: "Signatures", values: /^arn:aws:kms:\*:\d{12}:key\/\*$/, reason: "the same" },
  { sid: "Keys", values: /^\*$/, reason: "CreateKey knows no resource" },
  { sid: "Unsubscribe", values: /^\*$/, reason: "AWS knows no resource for it" },
  {
    sid: "Reconcile",
    values: /^arn:aws:lambda:\*:\d{12}:function:[a-z0-9-]+-ca-(reconcile|mirror)(:\*)?$/,
    reason: "one function and its aliases, in every region",
  },
  {
    sid: "WrittenByTerraform",
    values:
      /^arn:aws:s3:::[a-z0-9-]+\/crl\/incoming\/\*-(root|issuing)\.crl$|^arn:aws:s3:::[a-z0-9-]+\/incoming\/\S+$/,
    reason: "one CRL for each issuer of the configuration",
  },
  {
    sid: "EmptyBuckets",
    values: /^arn:aws:s3:::[a-z0-9-]+\/\*$/,
    reason: "destroying a sandbox empties its bucket; elsewhere the bucket's policy refuses it",
  },
  { sid: "ExternalBucket", values: /^arn:aws:s3:::[a-z0-9-]+\/\*$/, reason: "the CA's own bucket, whole" },
  {
    sid: "Gateway",
    values: /^arn:aws:apigateway:[a-z0-9-]+::\/(restapis|domainnames|usageplans|apikeys|vpclinks|tags)\/\*$/,
    reason: "API Gateway gives its resources ids, not names",
  },
  {
    sid: "ExecutionLogs",
    values: /^arn:aws:logs:\*:\d{12}:log-group:API-Gateway-Execution-Logs_\*\/[\w-]+\*$/,
    reason: "API Gateway names them after an API's id and the stage",
  },
  {
    sid: "MutualTls",
    values: /^\*$/,
    reason: "a permission without a resource: whose domain it is, is said by Gateway",
  },
  { sid: "Certificates", values: /^\*$/, reason: "a certificate has an id, not a name of ours" },
  {
    sid: "ServerCertificate",
    values: /^arn:aws:acm:[a-z0-9-]+:\d{12}:certificate\/\*$/,
    reason: "the same; a description holds no key",
  },
  {
    sid: "Firewall",
    values: /^arn:aws:(wafv2:\*:\d{12}:\*|apigateway:[a-z0-9-]+::\/restapis\/\*\/stages\/\*)$/,
    reason: "web ACLs are named after ids, and attached to stages that have ids",
  },
  { sid: "FirewallLog", values: /^\*$/, reason: "log delivery knows no resource" },
  {
    sid: "FirewallLogRole",
    values: /^arn:aws:iam::\d{12}:role\/aws-service-role\/wafv2\.amazonaws\.com\/\*$/,
    reason: "WAF's own role, whose name is WAF's",
  },
  {
    sid: "Policies",
    values: /^(s3:\*Object(Tagging)?|arn:aws:s3:::[a-z0-9-]+-\*\/\*)$/,
    reason: "Terraform writes and removes the objects of the API's own buckets",
  },
  {
    sid: "Published",
    values: /^arn:aws:s3:::[a-z0-9-]+(-\*\/\*|\/crl\/\*)$/,
    reason: "CRLs of every generation, and the objects of the API's own buckets",
  },
  {
    sid: "ReadPublished",
    values: /^arn:aws:s3:::[a-z0-9-]+(\/crl|\/certs)?\/\*$/,
    reason:
      "what is published: CRLs and certificates of every generation, the authorizer's policy, public keys",
  },
  {
    sid: "Records",
    values: /^arn:aws:route53:::hostedzone\/\*$/,
    reason: "a zone has an id, not a name of ours: names, types and actions are limited by conditions",
  },
  {
    sid: "ReadZones",
    values: /^(\*|route53:(Get|List)\*)$/,
    reason: "finding a zone by its name is listing",
  },
  {
    sid: "EdgeReadConfiguration",
    values: /^(\*|(autoscaling|ec2|elasticloadbalancing):Describe\*)$/,
    reason: "a plan reads networks, load balancers and fleets, often by listing; a random value is nobody's",
  },
  ...["EdgeNetwork", "EdgeOpenings", "EdgeTemplate", "EdgeEndpoints", "EdgeInstances", "EdgeTags"].map(
    (sid) => ({
      sid,
      values: /^arn:aws:ec2:[a-z0-9-]+:(\d{12}|aws)?:(\*|[a-z-]+)\/\*$/,
      reason: "EC2 gives its resources ids, not names: region and account are the narrowest scope",
    }),
  ),
  {
    sid: "EdgeImage",
    values: /^arn:aws:ssm:[a-z0-9-]+::parameter\/aws\/service\/ami-amazon-linux-latest\/\*$/,
    reason: "AWS's public parameters: which image is newest",
  },
  {
    sid: "EdgeBalancer",
    values:
      /^arn:aws:elasticloadbalancing:[a-z0-9-]+:\d{12}:(loadbalancer\/net|targetgroup|listener\/net)\/[a-z0-9-]+-\*$/,
    reason: named,
  },
  {
    sid: "EdgeFleet",
    values: /^arn:aws:autoscaling:[a-z0-9-]+:\d{12}:autoScalingGroup:\*:autoScalingGroupName\/[a-z0-9-]+-\*$/,
    reason: `${named}; AWS puts an id before the name`,
  },
  { sid: "EdgeProfile", values: /^arn:aws:iam::\d{12}:instance-profile\/[a-z0-9-]+-\*$/, reason: named },
  {
    sid: "EdgeServiceRoles",
    values:
      /^arn:aws:iam::\d{12}:role\/aws-service-role\/(autoscaling|elasticloadbalancing)\.amazonaws\.com\/\*$/,
    reason: "AWS's own roles, whose names are AWS's",
  },
  {
    sid: "EdgeZone",
    values: /^\*$/,
    reason: "CreateHostedZone knows no resource; only a private zone is allowed",
  },
  {
    sid: "EdgeZones",
    values: /^arn:aws:(route53:::hostedzone|ec2:[a-z0-9-]+:\d{12}:vpc)\/\*$/,
    reason: "a zone has an id, not a name of ours, and so has the network that it is known in",
  },
  {
    sid: "EdgeRecords",
    values: /^arn:aws:route53:::hostedzone\/\*$/,
    reason: "names, types and actions are limited by conditions",
  },
  { sid: "WriteLogs", values: /^\*$/, reason: "the names of its groups and streams are API Gateway's" },
];
