// What a foundation would make and somebody else has made: never taken over.
import { type AccountReader, conflictsOf } from "#cli/bootstrap/conflicts.ts";
import { dev } from "#config/environments/dev/index.ts";
import { foundationAccounts } from "#config/foundation-accounts.ts";
import type { PlannedChange } from "#deploy/planned-changes.ts";

const [ca] = foundationAccounts(dev);
const nothing: AccountReader = {
  hasRole: async () => false,
  hasPolicy: async () => false,
  hasOidcProvider: async () => false,
  gatewayLogging: async () => undefined,
};
const create = (address: string, name = "x", actions = ["create"]): PlannedChange => ({
  ...{ address, name, actions, attributes: [] },
});
const all = [
  create("aws_iam_role.deploy", "mtls-api-dev-deploy"),
  create("aws_iam_policy.boundary", "mtls-api-dev-boundary"),
  create("aws_iam_openid_connect_provider.github"),
  create("aws_api_gateway_account.gateway-eu-west-2"),
];
const conflicts = (reader: Partial<AccountReader>, changes = all, hasState = true) =>
  conflictsOf({ at: ca, environment: "dev", hasState }, changes, { ...nothing, ...reader });

test("an empty account has none", async () => {
  expect(await conflicts({})).toEqual([]);
});

test.each<[string, Partial<AccountReader>, RegExp]>([
  [
    "a role",
    { hasRole: async (name) => name === "mtls-api-dev-deploy" },
    /^role mtls-api-dev-deploy is there already and not in the state of foundation-dev-111122223333: .* take it over: terraform -chdir=terraform\/stacks\/foundation-dev-111122223333 init && terraform -chdir=terraform\/stacks\/foundation-dev-111122223333 import aws_iam_role\.deploy mtls-api-dev-deploy$/,
  ],
  [
    "a boundary",
    { hasPolicy: async (arn) => arn === "arn:aws:iam::111122223333:policy/mtls-api-dev-boundary" },
    /^policy mtls-api-dev-boundary is there already .* import aws_iam_policy\.boundary arn:aws:iam::111122223333:policy\/mtls-api-dev-boundary$/,
  ],
  [
    "GitHub's provider",
    {
      hasOidcProvider: async (arn) =>
        arn === "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com",
    },
    /^account 111122223333 knows GitHub already: say delivery\.github\.provider: "existing"$/,
  ],
  [
    "another logging role",
    { gatewayLogging: async () => "arn:aws:iam::111122223333:role/theirs" },
    /^API Gateway of account 111122223333, eu-west-2, logs with .*role\/theirs already: say logs\.gatewayRole: "existing"$/,
  ],
])("%s that is there already is told, with what to do", async (_what, reader, says) => {
  const found = await conflicts(reader);
  expect(found).toHaveLength(1);
  expect(found[0]).toMatch(says);
});

test("without a bucket for the state, taking over begins with making one", async () => {
  const [found] = await conflicts({ hasRole: async (name) => name === "mtls-api-dev-deploy" }, all, false);
  expect(found).toMatch(
    / take it over: aws s3api create-bucket --bucket mtls-api-dev-state-111122223333 --region eu-west-2 --create-bucket-configuration LocationConstraint=eu-west-2 && terraform -chdir=\S+ init && terraform -chdir=\S+ import aws_iam_role\.deploy mtls-api-dev-deploy$/,
  );
});

test("a logging role of ours, from a run that was cut off, is no conflict", async () => {
  const ours = async () => "arn:aws:iam::111122223333:role/mtls-api-dev-gateway-logging";
  expect(await conflicts({ gatewayLogging: ours })).toEqual([]);
});

test("another environment's logging role is a conflict too", async () => {
  const theirs = async () => "arn:aws:iam::111122223333:role/mtls-api-qa-gateway-logging";
  expect(await conflicts({ gatewayLogging: theirs })).toHaveLength(1);
});

test("each region's logging is looked at in that region", async () => {
  const asked: string[] = [];
  const gatewayLogging = async (region: string) => void asked.push(region);
  await conflicts({ gatewayLogging }, [create("aws_api_gateway_account.gateway-eu-north-1")]);
  expect(asked).toEqual(["eu-north-1"]);
});

test("what is in the state already is changed without asking", async () => {
  const changes = all.map((one) => ({ ...one, actions: ["update"] }));
  expect(await conflicts({ hasRole: async () => true, hasPolicy: async () => true }, changes)).toEqual([]);
});
