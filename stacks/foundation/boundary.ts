/**
 * The most that a role of the environment's stacks may do in one account, whatever its own policies say. The deploy
 * role can make no role without it and cannot change it: a function that comes with a careless policy does not get
 * further than this. An action that a role needs and that is not here is refused at synthesis (test/synth/rules).
 *
 * It gives nothing by itself. It has no `iam:*`, no `sts:*` and no way to change what is deployed.
 */
import type { Environment } from "#config/environment.ts";
import { externalKeys } from "#contract/external-bucket.ts";
import { externalBucketName, stackNames, stateKey } from "#contract/names.ts";
import { instanceStatements } from "#stacks/api/private-edge/instance-role.ts";
import { secretStatements } from "#stacks/api/token-policy.ts";
import { allow, bucketArn, type Statement } from "./statements.ts";

export function boundaryStatements(environment: Environment, account: string): Statement[] {
  const { name, ca, apis } = environment;
  const own = (service: string, resource: string) => `arn:aws:${service}:*:${account}:${resource}`;
  const here = apis.filter((api) => api.account === account);
  return [
    allow(
      "Logs",
      ["logs:CreateLogStream", "logs:PutLogEvents"],
      [own("logs", `log-group:/aws/lambda/${name}-*`)],
    ),
    // A key has no name of ours: who signs with it is said by its policy too.
    allow("Signatures", ["kms:Sign", "kms:GetPublicKey"], [own("kms", "key/*")]),
    ...(account === ca.account ? caStatements(environment, own) : []),
    ...(here.length > 0 ? apiStatements(environment, here, account) : []),
  ];
}

function caStatements({ name, ca }: Environment, own: (service: string, resource: string) => string) {
  const external = bucketArn(externalBucketName(name, ca.account));
  const foreign =
    ca.engine.kind === "existing" ? ca.engine.issuers.flatMap(({ crls }) => Object.values(crls)) : [];
  return [
    allow(
      "Ledger",
      ["GetItem", "Query", "PutItem", "UpdateItem", "DeleteItem"].map((one) => `dynamodb:${one}`),
      [own("dynamodb", `table/${name}-*`)],
    ),
    allow("ExternalBucket", ["s3:GetObject", "s3:PutObject"], [`${external}/*`]),
    // The state reader's one object, and CRLs of another CA that are mirrored.
    allow(
      "Read",
      ["s3:GetObject"],
      [
        `${bucketArn(ca.state.bucket)}/${stateKey(stackNames.ca(name))}`,
        ...foreign.flatMap((one) => ("bucket" in one ? [`${bucketArn(one.bucket)}/${one.key}`] : [])),
      ],
    ),
    allow("Events", ["events:PutEvents"], [own("events", `event-bus/${name}-*`)]),
    allow("Functions", ["lambda:InvokeFunction"], [own("lambda", `function:${name}-*`)]),
  ];
}

function apiStatements({ name, ca }: Environment, here: Environment["apis"], account: string): Statement[] {
  const external = bucketArn(externalBucketName(name, ca.account));
  return [
    allow(
      "Published",
      ["s3:GetObject", "s3:GetObjectVersion"],
      [
        `${external}/${externalKeys.truststore}`,
        `${external}/crl/*`,
        ...here.map((api) => `${bucketArn(`${name}-${api.name}`)}-*/*`),
      ],
    ),
    allow(
      "OwnDomain",
      ["apigateway:GET"],
      here.map((api) => `arn:aws:apigateway:${api.region}::/domainnames/${api.domain}`),
    ),
    allow(
      "ServerCertificate",
      ["acm:DescribeCertificate"],
      [...new Set(here.map(({ region }) => region))].map(
        (region) => `arn:aws:acm:${region}:${account}:certificate/*`,
      ),
    ),
    ...here.flatMap((api, index) =>
      [...secretStatements(api), ...instanceStatements({ name, ca }, api)].map(
        ({ sid, actions, resources, condition }) =>
          allow(`${sid}${index}`, actions ?? [], resources ?? [], conditions(condition)),
      ),
    ),
  ];
}

type Written = ReturnType<typeof secretStatements>[number]["condition"];

const conditions = (written: Written) =>
  Array.isArray(written)
    ? Object.fromEntries(written.map(({ test, variable, values }) => [test, { [variable]: values }]))
    : undefined;
