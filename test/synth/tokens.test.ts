/** Tokens in the stack: policy data that the authorizer can read, and the permission to read exactly one secret. */
import { environment } from "#config/environment.ts";
import { parseTokenPolicy } from "#contract/token-policy.ts";
import { type Loose, sample } from "../unit/config/sample.ts";
import { at, committedStack, type Json, resources, statements, synthesize } from "./synthesized.ts";

const place = "eu-west-2:222222222222";
const kmsKeyArn = `arn:aws:kms:${place}:key/0a1b2c3d-0000-4000-8000-000000000000`;
const claims = { issuer: "https://tokens.example.com", audience: "https://api.test.example.com" };

function stackWith(tokens: Loose): Json {
  const input = sample();
  input.apis[0].authorizer.tokens = tokens;
  return synthesize([environment(input)]).find(({ kind }) => kind === "api")?.json;
}

/** The policy's tokens, as the function reads them. */
function policyTokens(stack: Json) {
  const { content } = at(stack, "aws_s3_object", "authorizer/policy-object");
  const json = JSON.parse(content.replace(/\$\{jsonencode\((?:[^()]|\([^()]*\))*\)\}/g, '"reference"'));
  return parseTokenPolicy(json.tokens, "policy.tokens");
}

const permissions = (stack: Json) =>
  statements(at(stack, "aws_iam_policy_document", "authorizer/function/permissions"));

const secrets: [string, Loose, string, string][] = [
  [
    "a secret by its name",
    { store: "secrets-manager", id: "tokens/client" },
    "secretsmanager:GetSecretValue",
    `arn:aws:secretsmanager:${place}:secret:tokens/client-??????`,
  ],
  [
    "a secret by its ARN",
    { store: "secrets-manager", id: `arn:aws:secretsmanager:${place}:secret:tokens/client-AbCdEf` },
    "secretsmanager:GetSecretValue",
    `arn:aws:secretsmanager:${place}:secret:tokens/client-AbCdEf`,
  ],
  [
    "a parameter by its name",
    { store: "parameter-store", id: "/tokens/client" },
    "ssm:GetParameter",
    `arn:aws:ssm:${place}:parameter/tokens/client`,
  ],
];

test.each(secrets)("%s is read, that one and no other", (_what, secret, action, resource) => {
  const client = { authentication: "mtls", id: "api", secret: { ...secret, kmsKeyArn } };
  const url = "https://tokens.example.com/introspect";
  const stack = stackWith({ kind: "introspection", url, ...claims, client });
  const own = permissions(stack).filter(({ sid }) => sid.startsWith("TokenSecret"));
  expect(own).toMatchObject([
    { sid: "TokenSecret", actions: [action], resources: [resource], condition: [] },
    {
      sid: "TokenSecretKey",
      actions: ["kms:Decrypt"],
      resources: [kmsKeyArn],
      condition: [
        {
          test: "StringEquals",
          variable: "kms:ViaService",
          values: [`${action.split(":")[0]}.eu-west-2.amazonaws.com`],
        },
      ],
    },
  ]);
  expect(policyTokens(stack)).toMatchObject({ kind: "introspection", client: { ...client, secret } });
});

test("JWTs need no secret, and none may be read", () => {
  const stack = stackWith({ kind: "jwt", ...claims, keys: { url: "https://tokens.example.com/jwks" } });
  expect(permissions(stack).flatMap(({ actions }) => actions)).toEqual(
    expect.not.arrayContaining(["secretsmanager:GetSecretValue", "ssm:GetParameter", "kms:Decrypt"]),
  );
  expect(policyTokens(stack)).toEqual({
    ...{ kind: "jwt", ...claims, keys: { url: "https://tokens.example.com/jwks" } },
    ...{ answers: "exception", bound: true, timeoutMilliseconds: 1500, clockToleranceSeconds: 5 },
  });
});

test("Authlete's secret is named in the policy, its value nowhere", () => {
  const secret = { store: "secrets-manager", id: "authlete" };
  const stack = stackWith({ kind: "authlete", version: 3, secret });
  expect(policyTokens(stack)).toMatchObject({ kind: "authlete", version: 3, secret, report: false });
  expect(at(stack, "aws_lambda_function", "authorizer/function/function").timeout).toBe(15);
});

test("the route that asks for scopes is where tokens are, and only there", () => {
  const paths = (name: string) =>
    resources(committedStack(name).json, "aws_api_gateway_resource").map((one) => one.attributes.path_part);
  expect(paths("dev-api")).toContain("time");
  expect(paths("local-api")).not.toContain("time");
});

test("an API that asks for tokens has their alarms, and only such a one", () => {
  const alarmsWith = (tokens?: Loose) => {
    const input = sample();
    input.apis[0].alarms = { emails: ["operations@example.com"] };
    if (tokens) input.apis[0].authorizer.tokens = tokens;
    const stack = synthesize([environment(input)]).find(({ kind }) => kind === "api")?.json;
    const alarms = resources(stack, "aws_cloudwatch_metric_alarm").map(({ attributes }) => attributes);
    return Object.fromEntries(
      alarms
        .filter(({ dimensions }) => /^token-/.test(dimensions.code))
        .map(({ dimensions, threshold }) => [dimensions.code, threshold]),
    );
  };
  expect(alarmsWith()).toEqual({});
  expect(alarmsWith({ kind: "jwt", ...claims, keys: { url: "https://tokens.example.com/jwks" } })).toEqual({
    // Nobody but the token service can bring that about.
    "token-service-failed": 1,
    "token-of-another-certificate": expect.any(Number),
  });
});
