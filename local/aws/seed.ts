/**
 * The accounts as an operator finds them before the first deployment: state buckets, the deploy and plan roles that
 * trust the operators, and the parent zone. On AWS `bootstrap` makes these; the stacks never do.
 */
import { readFileSync } from "node:fs";
import { AccountSeed, type PolicyDocument } from "#aws/account-seed.ts";
import type { Connection } from "#aws/connection.ts";
import type { Environment } from "#config/environment.ts";
import { roleArn, roleNames, stackNames, stateKey } from "#contract/names.ts";

/** Where the operator of this machine's environment comes from: its root is the one in `operators`. */
export const operatorAccount = "333333333333";

/** On the embedded AWS the account id is the access key of the account's root. */
export function accountRoot(
  aws: { readonly endpoint: string; readonly ca: string },
  account: string,
  region: string,
): Connection {
  return {
    region,
    endpoint: aws.endpoint,
    endpointCa: readFileSync(aws.ca, "utf8"),
    credentials: { accessKeyId: account, secretAccessKey: "test" },
  };
}

/** Makes what is missing; may run again on a kept system. */
export async function seedAccounts(
  environment: Environment,
  aws: { readonly endpoint: string; readonly ca: string },
): Promise<void> {
  const { name, ca, apis, operators } = environment;
  const places = [ca, ...apis];
  await Promise.all(
    [...new Set(places.map((place) => place.account))].map((account) => {
      const own = places.filter((place) => place.account === account);
      const seed = (region: string) => new AccountSeed(accountRoot(aws, account, region));
      const [first = ca] = own;
      return Promise.all([
        ...[...new Set(own.map((place) => place.state.bucket))].map((bucket) => {
          const region = own.find((place) => place.state.bucket === bucket)?.state.region ?? first.region;
          return seed(region).stateBucket(bucket);
        }),
        seed(first.region).role(roleNames.deploy(name), trustOf(operators), everything),
        seed(first.region).role(roleNames.plan(name), trustOf(operators), planPermissions(environment, own)),
        ...[...new Set(apis.filter((api) => api.account === account).map((api) => api.zone.name))].map(
          (zone) => seed(first.region).hostedZone(zone),
        ),
      ]);
    }),
  );
}

const document = (...Statement: object[]): PolicyDocument => ({ Version: "2012-10-17", Statement });

const trustOf = (operators: readonly string[]): PolicyDocument =>
  document({ Effect: "Allow", Action: "sts:AssumeRole", Principal: { AWS: operators } });

const everything = document({ Effect: "Allow", Action: "*", Resource: "*" });

/** Reading what a plan compares, the state, and the CA's outputs: nothing that changes or calls anything. */
function planPermissions(
  { name, ca }: Environment,
  places: readonly { readonly state: { readonly bucket: string } }[],
): PolicyDocument {
  return document(
    {
      Sid: "ReadConfiguration",
      Effect: "Allow",
      Action: readActions,
      Resource: "*",
    },
    {
      Sid: "ReadState",
      Effect: "Allow",
      Action: ["s3:GetObject"],
      Resource: places.map((place) => `arn:aws:s3:::${place.state.bucket}/*`),
    },
    {
      Sid: "ReadCaOutputs",
      Effect: "Allow",
      Action: ["sts:AssumeRole"],
      Resource: [roleArn(ca.account, roleNames.stateReader(name))],
    },
    {
      Sid: "ReadPublishedTruststore",
      Effect: "Allow",
      Action: ["s3:GetObject", "s3:GetObjectVersion"],
      Resource: [
        "arn:aws:s3:::*/truststore.pem",
        "arn:aws:s3:::*/desired-state.json",
        `arn:aws:s3:::*/${stateKey(stackNames.ca(name))}`,
      ],
    },
  );
}

const readActions = [
  "acm:Describe*",
  "acm:List*",
  "apigateway:GET",
  "cloudwatch:Describe*",
  "cloudwatch:Get*",
  "cloudwatch:List*",
  "dynamodb:Describe*",
  "dynamodb:List*",
  "events:Describe*",
  "events:List*",
  "iam:Get*",
  "iam:List*",
  "kms:Describe*",
  "kms:Get*",
  "kms:List*",
  "lambda:Get*",
  "lambda:List*",
  "logs:Describe*",
  "logs:List*",
  "route53:Get*",
  "route53:List*",
  "s3:GetAccelerateConfiguration",
  "s3:GetBucket*",
  "s3:GetEncryptionConfiguration",
  "s3:GetLifecycleConfiguration",
  "s3:GetReplicationConfiguration",
  "s3:ListBucket",
  "sns:Get*",
  "sns:List*",
  "wafv2:Get*",
  "wafv2:List*",
];
