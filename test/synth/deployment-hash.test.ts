/** The API is deployed anew when, and only when, its configuration changes. */
import { ApiGatewayAuthorizer } from "@cdktf/provider-aws/lib/api-gateway-authorizer/index.js";
import { ApiGatewayGatewayResponse } from "@cdktf/provider-aws/lib/api-gateway-gateway-response/index.js";
import { ApiGatewayIntegration } from "@cdktf/provider-aws/lib/api-gateway-integration/index.js";
import { ApiGatewayIntegrationResponse } from "@cdktf/provider-aws/lib/api-gateway-integration-response/index.js";
import { ApiGatewayMethod } from "@cdktf/provider-aws/lib/api-gateway-method/index.js";
import { ApiGatewayModel } from "@cdktf/provider-aws/lib/api-gateway-model/index.js";
import { ApiGatewayRequestValidator } from "@cdktf/provider-aws/lib/api-gateway-request-validator/index.js";
import { ApiGatewayResource } from "@cdktf/provider-aws/lib/api-gateway-resource/index.js";
import { ApiGatewayRestApi } from "@cdktf/provider-aws/lib/api-gateway-rest-api/index.js";
import type { TerraformResource } from "cdktf";
import { type Environment, type EnvironmentInput, environment } from "#config/environment.ts";
import { local } from "#config/environments/local/index.ts";
import type { ApiStack } from "#stacks/api-stack.ts";
import { at, type Change, synthesize } from "./synthesized.ts";

function hashOf(one: Environment, change: Change = {}): string {
  const stack = synthesize([one], change).find(({ kind }) => kind === "api");
  return at(stack?.json, "aws_api_gateway_deployment", "stage/deployment").triggers.configuration;
}

const change =
  ({ tfResourceType }: { tfResourceType: string }, path: string, value: unknown): Change["api"] =>
  (stack: ApiStack) => {
    const found = stack.node
      .findAll()
      .find((one) => (one as TerraformResource).terraformResourceType === tfResourceType);
    (found as TerraformResource).addOverride(path, value);
  };

/** The environment with other values, checked like any other. */
function varied(vary: (input: Writable<EnvironmentInput>) => void): Environment {
  const input = structuredClone(local) as Writable<EnvironmentInput>;
  vary(input);
  return environment(input as EnvironmentInput);
}
// biome-ignore lint/suspicious/noExplicitAny: readonly taken off for a test
type Writable<T> = { -readonly [K in keyof T]: any };

const before = hashOf(local);

test("the same configuration has the same hash", () => {
  expect(hashOf(local)).toBe(before);
  expect(before).toMatch(/^[0-9a-f]{64}$/);
});

test.each<[string, Change["api"]]>([
  ["the body of a gateway response", change(ApiGatewayGatewayResponse, "response_templates", { a: "b" })],
  ["the status of a gateway response", change(ApiGatewayGatewayResponse, "status_code", "418")],
  ["a header of a gateway response", change(ApiGatewayGatewayResponse, "response_parameters", { a: "'b'" })],
  ["an integration's time-out", change(ApiGatewayIntegration, "timeout_milliseconds", 9_999)],
  ["an integration's target", change(ApiGatewayIntegration, "uri", "arn:another")],
  ["a method", change(ApiGatewayMethod, "http_method", "PUT")],
  ["an API key no longer asked for", change(ApiGatewayMethod, "api_key_required", false)],
  ["a path", change(ApiGatewayResource, "path_part", "other")],
  ["the schema of a body", change(ApiGatewayModel, "schema", "{}")],
  ["what is checked of requests", change(ApiGatewayRequestValidator, "validate_request_body", false)],
  [
    "a fixed answer",
    change(ApiGatewayIntegrationResponse, "response_templates", { "application/json": "1" }),
  ],
  ["the authorizer's function", change(ApiGatewayAuthorizer, "authorizer_uri", "arn:another")],
  ["a setting of the API", change(ApiGatewayRestApi, "minimum_compression_size", "0")],
])("a change of %s deploys the API anew", (_what, api) => {
  expect(hashOf(local, api ? { api } : {})).not.toBe(before);
});

test.each<[string, Environment]>([
  ["tags", varied((one) => Object.assign(one, { tags: { project: "other" } }))],
  [
    "the rules of the authorizer",
    varied((one) => Object.assign(one.apis[0].authorizer.rules[0], { name: "others" })),
  ],
  ["log retention", varied((one) => Object.assign(one.apis[0].logs, { retentionDays: 30 }))],
  ["throttling", varied((one) => Object.assign(one.apis[0].throttle, { burst: 1000 }))],
  ["CRL times", varied((one) => Object.assign(one.ca.crl, { maxAgeMinutes: 4 }))],
  ["the domain", varied((one) => Object.assign(one.apis[0], { domain: "other.local.example.com" }))],
])("a change of %s does not deploy the API anew", (_what, one) => {
  expect(hashOf(one)).toBe(before);
});

test("Terraform's own ordering is no configuration", () => {
  expect(
    hashOf(local, { api: change(ApiGatewayMethod, "depends_on", ["aws_s3_bucket.x"]) ?? (() => {}) }),
  ).toBe(before);
});
