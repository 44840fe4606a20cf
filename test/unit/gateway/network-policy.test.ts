import { judgeNetworkPolicy, type NetworkCall } from "#local/gateway/network-policy.ts";

const call: NetworkCall = {
  resource: "arn:aws:execute-api:eu-west-2:222222222222:a1b2c3d4e5/dev/POST/api",
  context: new Map([
    ["aws:sourcevpce", "vpce-1"],
    ["aws:sourcevpc", "vpc-1"],
    ["aws:vpcsourceip", "10.0.0.1"],
  ]),
};
const allow = { Effect: "Allow", Principal: "*", Action: "execute-api:Invoke", Resource: "execute-api:/*" };
const judge = (...statements: object[]) =>
  judgeNetworkPolicy(JSON.stringify({ Statement: statements }), call);
const when = (operator: string, key: string, value: unknown) => ({
  Condition: { [operator]: { [key]: value } },
});

test.each<[string, object]>([
  ["everything", allow],
  ["the API by its ARN", { ...allow, Resource: "arn:aws:execute-api:eu-west-2:222222222222:a1b2c3d4e5/*" }],
  ["the route", { ...allow, Resource: "execute-api:/dev/POST/api" }],
  ["anybody, the long way", { ...allow, Principal: { AWS: "*" } }],
  ["the endpoint", { ...allow, ...when("StringEquals", "aws:SourceVpce", "vpce-1") }],
  ["one of several endpoints", { ...allow, ...when("StringEquals", "aws:sourceVpce", ["vpce-0", "vpce-1"]) }],
  ["the network", { ...allow, ...when("StringLike", "aws:SourceVpc", "vpc-*") }],
  ["all endpoints but another", { ...allow, ...when("StringNotEquals", "aws:SourceVpce", "vpce-2") }],
])("allows by a statement for %s", (_, statement) => {
  expect(judge(statement)).toBe("allow");
});

test.each<[string, object]>([
  ["another endpoint", { ...allow, ...when("StringEquals", "aws:SourceVpce", "vpce-2") }],
  ["all endpoints but this", { ...allow, ...when("StringNotEquals", "aws:SourceVpce", ["vpce-1"]) }],
  ["another API", { ...allow, Resource: "arn:aws:execute-api:eu-west-2:222222222222:other/*" }],
  ["another stage", { ...allow, Resource: "execute-api:/prod/*" }],
  ["another action", { ...allow, Action: "execute-api:ManageConnections" }],
  ["somebody", { ...allow, Principal: { AWS: "arn:aws:iam::222222222222:root" } }],
  ["an operator that is not known", { ...allow, ...when("IpAddress", "aws:VpcSourceIp", "10.0.0.0/8") }],
  ["a key that is not known", { ...allow, ...when("StringEquals", "aws:PrincipalOrgID", "o-1") }],
  ["what it does not name", { ...allow, Resource: undefined, NotResource: "execute-api:/x" }],
])("does not allow by a statement for %s", (_, statement) => {
  expect(judge(statement)).toBe("implicit deny");
});

test.each<[string, object]>([
  ["without a condition", {}],
  ["for another endpoint than the wanted one", when("StringNotEquals", "aws:SourceVpce", "vpce-2")],
  ["with an operator that is not known", when("NotIpAddress", "aws:VpcSourceIp", "10.0.0.0/8")],
  ["with a key that is not known", when("StringEquals", "aws:PrincipalOrgID", "o-1")],
  ["with an element that is not known", { NotAction: "x" }],
])("a Deny %s wins", (_, more) => {
  expect(judge(allow, { ...allow, Effect: "Deny", ...more })).toBe("explicit deny");
});

test.each(["", "{", "[]", '{"Statement":7}'])("the text %j allows nothing", (text) => {
  expect(judgeNetworkPolicy(text, call)).not.toBe("allow");
});
