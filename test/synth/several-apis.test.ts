/**
 * Several APIs on one CA: beside the first one in its own region, one in another region of its account, one in another
 * account. Nothing that one stack makes bears the name of another's, and the CA lets in each of them, and no more.
 */
import { environment } from "#config/environment.ts";
import { foundationAccounts } from "#config/foundation-accounts.ts";
import { foundationRoles } from "#stacks/foundation/roles.ts";
import { sample } from "../unit/config/sample.ts";
import { at, type Json, resources, statements, synthesize } from "./synthesized.ts";

const places = [
  ["api", "222222222222", "eu-west-2"],
  ["beside", "222222222222", "eu-west-2"],
  ["ireland", "222222222222", "eu-west-1"],
  ["america", "444444444444", "us-east-1"],
] as const;

const several = environment(severalInput());
const stacks = synthesize([several]);
const ca = stacks.find(({ kind }) => kind === "ca")?.json;
const apis = places.map(([name, account, region]) => ({
  ...{ name, account, region },
  json: stacks.find((one) => one.name === `test-${name}`)?.json as Json,
}));

/** Every API with all that it may have: names are made by most of it. */
function severalInput() {
  const input = sample();
  input.apis = places.map(([name, account, region]) => ({
    ...input.apis[0],
    ...{ name, account, region },
    state: { bucket: `state-${account}`, region },
    domain: `${name}.test.example.com`,
    backend: { url: "https://pets.example.com", readers: ["arn:aws:iam::333333333333:role/pets"] },
    firewall: { allow: ["203.0.113.0/24", "2001:db8::/32"] },
    quotas: { plans: { standard: { ratePerSecond: 100, burst: 200 } }, default: "standard" },
    alarms: { emails: ["operations@example.com"] },
  }));
  return input;
}

/** What AWS tells apart by a name of ours, and where no two may be alike. */
const named: Readonly<
  Record<string, readonly [attribute: string, within: "everywhere" | "account" | "region"]>
> = {
  aws_acm_certificate: ["domain_name", "everywhere"],
  aws_api_gateway_api_key: ["value", "region"],
  aws_api_gateway_domain_name: ["domain_name", "everywhere"],
  aws_api_gateway_rest_api: ["name", "region"],
  aws_api_gateway_usage_plan: ["name", "region"],
  aws_cloudwatch_composite_alarm: ["alarm_name", "region"],
  aws_cloudwatch_dashboard: ["dashboard_name", "account"],
  aws_cloudwatch_event_rule: ["name", "region"],
  aws_cloudwatch_log_group: ["name", "region"],
  aws_cloudwatch_metric_alarm: ["alarm_name", "region"],
  aws_iam_role: ["name", "account"],
  aws_kms_alias: ["name", "region"],
  aws_lambda_function: ["function_name", "region"],
  aws_route53_record: ["name", "everywhere"],
  aws_s3_bucket: ["bucket", "everywhere"],
  aws_sns_topic: ["name", "region"],
  aws_wafv2_ip_set: ["name", "region"],
  aws_wafv2_web_acl: ["name", "region"],
};

/** Parts of what is named above, or told apart by an id that AWS gives. */
const unnamed = [
  ...["acm_certificate_validation", "api_gateway_authorizer", "api_gateway_base_path_mapping"],
  ...[
    "api_gateway_deployment",
    "api_gateway_gateway_response",
    "api_gateway_integration",
    "api_gateway_method",
  ],
  ...["api_gateway_integration_response", "api_gateway_method_response"],
  ...["api_gateway_model", "api_gateway_request_validator"],
  ...[
    "api_gateway_method_settings",
    "api_gateway_resource",
    "api_gateway_stage",
    "api_gateway_usage_plan_key",
  ],
  ...[
    "cloudwatch_event_target",
    "cloudwatch_log_metric_filter",
    "iam_role_policy",
    "kms_key",
    "lambda_permission",
    "s3_bucket_ownership_controls",
  ],
  ...["s3_bucket_policy", "s3_bucket_public_access_block", "s3_bucket_server_side_encryption_configuration"],
  ...["s3_bucket_versioning", "s3_object", "sns_topic_policy", "sns_topic_subscription"],
  ...["wafv2_web_acl_association", "wafv2_web_acl_logging_configuration"],
].map((type) => `aws_${type}`);

/** Made of what is the API's own: the record by which its certificate is validated, the group of its execution log. */
const ofTheApi =
  /^(\$\{tolist\(aws_acm_certificate\.|API-Gateway-Execution-Logs_\$\{aws_api_gateway_rest_api\.)/;

test("no two APIs make anything of one name, in one account or everywhere", () => {
  const made = new Map<string, string[]>();
  for (const { name, account, region, json } of apis)
    for (const [type, [attribute, within]] of Object.entries(named))
      for (const { attributes } of resources(json, type)) {
        const scope = { everywhere: "", account, region: `${account} ${region}` }[within];
        if (ofTheApi.test(String(attributes[attribute]))) continue;
        const key = [type, scope, attributes[attribute]].join(" ");
        made.set(key, [...(made.get(key) ?? []), name]);
      }
  expect(made.size).toBeGreaterThan(100);
  // Each is literal, and can be compared.
  expect([...made.keys()].filter((key) => key.endsWith("undefined") || key.includes("${"))).toEqual([]);
  expect([...made].filter(([, by]) => new Set(by).size > 1)).toEqual([]);
});

test("every type of resource is known to have such a name, or none", () => {
  const types = apis.flatMap(({ json }) => Object.keys(json.resource));
  expect([...new Set(types)].filter((type) => !(type in named) && !unnamed.includes(type))).toEqual([]);
});

test("each stack works in its own account and region, with a state of its own", () => {
  for (const { name, account, region, json } of apis) {
    expect(json.provider.aws).toMatchObject([{ region, allowed_account_ids: [account] }]);
    expect(json.terraform.backend.s3).toMatchObject({
      bucket: `state-${account}`,
      key: `test-${name}.tfstate`,
      assume_role: { role_arn: `arn:aws:iam::${account}:role/mtls-api-test-deploy` },
    });
    expect(Object.values(json.data.terraform_remote_state)).toMatchObject([
      { config: { bucket: "state-111111111111", region: "eu-west-2", key: "test-ca.tfstate" } },
    ]);
  }
});

test("the CA's bucket is read by each API's account, and there by its own four roles only", () => {
  const [readers] = statements(at(ca, "aws_iam_policy_document", "external/policy-document")).filter(
    ({ sid }) => sid === "ApisRead",
  );
  expect(readers?.principals).toEqual([
    { type: "AWS", identifiers: ["arn:aws:iam::222222222222:root", "arn:aws:iam::444444444444:root"] },
  ]);
  const roles = (account: string, ...names: string[]) =>
    names.map((name) => `arn:aws:iam::${account}:role/${name}`);
  const values = readers?.condition.flatMap((one) => one.values) ?? [];
  expect([...values].sort()).toEqual(
    [
      ...roles("222222222222", "mtls-api-test-deploy", "mtls-api-test-plan"),
      ...["api", "beside", "ireland"].flatMap((name) =>
        roles("222222222222", `test-${name}-authorizer`, `test-${name}-domain-watch`),
      ),
      ...roles("444444444444", "mtls-api-test-deploy", "mtls-api-test-plan"),
      ...roles("444444444444", "test-america-authorizer", "test-america-domain-watch"),
    ].sort(),
  );
});

test("the CA's outputs are read by the deploy and plan roles of every API account", () => {
  const [trust] = statements(at(ca, "aws_iam_policy_document", "state-reader/trust"));
  const values = trust?.condition.flatMap((one) => one.values) ?? [];
  for (const account of ["222222222222", "444444444444"])
    for (const role of ["deploy", "plan"])
      expect(values).toContain(`arn:aws:iam::${account}:role/mtls-api-test-${role}`);
  expect(trust?.principals.flatMap(({ identifiers }) => identifiers)).toEqual([
    "arn:aws:iam::333333333333:root",
    "arn:aws:iam::222222222222:root",
    "arn:aws:iam::444444444444:root",
  ]);
});

test("each authorizer reads the CA's files where they are, whatever its own region", () => {
  for (const { json } of apis) {
    const { content } = at(json, "aws_s3_object", "authorizer/policy-object");
    expect(content).toContain("outputs.external_bucket_region");
  }
});

test("before the stacks: an account has its roles once, a logging role in each region with an API, every state", () => {
  const [, one, other] = foundationAccounts(several);
  if (!one) throw new Error("one account only");
  expect(one).toMatchObject({ account: "222222222222", loggingRegions: ["eu-west-2", "eu-west-1"] });
  expect(other).toMatchObject({ account: "444444444444", loggingRegions: ["us-east-1"] });
  const roles = foundationRoles(several, one);
  const names = roles.map(({ name }) => name);
  expect(names).toEqual([...new Set(names)]);
  const text = JSON.stringify(roles);
  for (const name of ["api", "beside", "ireland"]) expect(text).toContain(`/test-${name}.tfstate`);
  expect(text).not.toContain("test-america");
});

test("the logging role is set in each region by a provider of that region", () => {
  const { json } = stacks.find(({ name }) => name === "foundation-test-222222222222") as { json: Json };
  const settings = resources(json, "aws_api_gateway_account").map(({ address, attributes }) => [
    address,
    attributes.provider,
  ]);
  expect(Object.fromEntries(settings)).toEqual({
    "aws_api_gateway_account.gateway-eu-west-2": undefined,
    "aws_api_gateway_account.gateway-eu-west-1": "aws.eu-west-1",
  });
  expect(json.provider.aws.map((one: Json) => [one.alias, one.region])).toEqual([
    [undefined, "eu-west-2"],
    ["eu-west-1", "eu-west-1"],
  ]);
});
