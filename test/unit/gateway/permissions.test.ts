/** Lambda's resource policies, which the embedded AWS does not check (LOCAL 1). */
import { mayInvoke } from "#local/gateway/permissions.ts";
import { functionArn, permission } from "./support/deployed.ts";

const api = "arn:aws:execute-api:eu-west-2:222222222222:a1b2c3d4e5";
const wanted = {
  functionArn: functionArn("backend"),
  sourceArn: `${api}/test/POST/api`,
  sourceAccount: "222222222222",
};

interface Statement {
  Effect?: unknown;
  Principal?: unknown;
  Action?: unknown;
  Resource?: unknown;
  Condition?: unknown;
}
const usual: Statement = JSON.parse(permission("backend", `${api}/test/POST/api`)).Statement[0];
const judge = (...statements: Statement[]) =>
  mayInvoke(JSON.stringify({ Statement: statements }), wanted).allowed;
const sourceArn = (pattern: unknown) => ({ ...usual, Condition: { ArnLike: { "AWS:SourceArn": pattern } } });

test.each<[string, Statement]>([
  ["the route's ARN", usual],
  ["wildcards for stage and method", sourceArn(`${api}/*/*/api`)],
  ["the whole API", sourceArn(`${api}/*`)],
  ["one of several ARNs", sourceArn([`${api}/test/GET/x`, `${api}/test/POST/*`])],
  [
    "ArnEquals, which compares alike",
    { ...usual, Condition: { ArnEquals: { "aws:SourceArn": `${api}/*` } } },
  ],
  [
    "the account besides",
    {
      ...usual,
      Condition: {
        ArnLike: { "AWS:SourceArn": `${api}/*` },
        StringEquals: { "AWS:SourceAccount": "222222222222" },
      },
    },
  ],
  ["no condition at all", { ...usual, Condition: undefined }],
  ["lambda:*", { ...usual, Action: "lambda:*" }],
  [
    "lists of services and actions",
    {
      ...usual,
      Principal: { Service: ["events.amazonaws.com", "apigateway.amazonaws.com"] },
      Action: ["lambda:GetFunction", "lambda:InvokeFunction"],
    },
  ],
])("%s admits", (_, statement) => {
  expect(judge(statement)).toBe(true);
});

test.each<[string, Statement]>([
  ["another service", { ...usual, Principal: { Service: "events.amazonaws.com" } }],
  ["a service that only begins alike", { ...usual, Principal: { Service: "apigateway.amazonaws.com.evil" } }],
  ["another action", { ...usual, Action: "lambda:GetFunction" }],
  ["another function", { ...usual, Resource: functionArn("other") }],
  ["an alias of the function", { ...usual, Resource: `${functionArn("backend")}:live` }],
  ["another route", sourceArn(`${api}/test/GET/api`)],
  ["another stage", sourceArn(`${api}/prod/POST/api`)],
  ["another API", sourceArn("arn:aws:execute-api:eu-west-2:222222222222:other/*")],
  ["another account", { ...usual, Condition: { StringEquals: { "AWS:SourceAccount": "111111111111" } } }],
  ["the authorizer's ARN", sourceArn(`${api}/authorizers/auth01`)],
  [
    "a condition that is not understood",
    { ...usual, Condition: { Bool: { "aws:SecureTransport": "true" } } },
  ],
  [
    "a key that is not understood",
    { ...usual, Condition: { StringEquals: { "aws:PrincipalOrgID": "o-1" } } },
  ],
  ["a key of Object's prototype", { ...usual, Condition: { StringEquals: { constructor: "x" } } }],
  ["an operator of Object's prototype", { ...usual, Condition: { toString: { "AWS:SourceArn": "x" } } }],
  ["an empty list of ARNs", sourceArn([])],
  ["no effect", { ...usual, Effect: undefined }],
  ["no principal", { ...usual, Principal: undefined }],
])("%s does not admit", (_, statement) => {
  expect(judge(statement)).toBe(false);
});

test("an explicit denial wins over a permission, wherever it stands", () => {
  const denial = { ...usual, Effect: "Deny" };
  expect(judge(usual, denial)).toBe(false);
  expect(judge(denial, usual)).toBe(false);
});

test("a denial under a condition that is not understood denies", () => {
  expect(
    judge(usual, { ...usual, Effect: "Deny", Condition: { IpAddress: { "aws:SourceIp": "10.0.0.0/8" } } }),
  ).toBe(false);
});

test("another's denial does not deny", () => {
  expect(judge(usual, { ...usual, Effect: "Deny", Principal: { Service: "events.amazonaws.com" } })).toBe(
    true,
  );
});

test.each([
  ["no policy", undefined, /has no resource policy/],
  ["no JSON", "{", /cannot be read/],
  ["no statement", "{}", /cannot be read/],
  ["no object", "7", /cannot be read/],
  ["null", "null", /cannot be read/],
  ["an empty list", '{"Statement":[]}', /no permission/],
])("%s admits nobody", (_, policy, why) => {
  expect(mayInvoke(policy, wanted)).toEqual({ allowed: false, why: expect.stringMatching(why) });
});
