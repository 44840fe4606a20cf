/** The web ACL of a stage: what WAF decides, in its order, before the authorizer is asked. */
import type { DeployedFirewallRule, DeployedWebAcl } from "#aws/deployed-firewall.ts";
import { Firewall, unevaluatedRules } from "#local/gateway/firewall.ts";
import { makeAuthority } from "./support/authority.ts";
import { domainWith, stage } from "./support/deployed.ts";
import { RunningGateway } from "./support/running-gateway.ts";

const start = Date.parse("2026-01-01T00:00:00Z");
const rate: DeployedFirewallRule = {
  name: "rate",
  action: "block",
  matches: { kind: "rate", limit: 3, windowSeconds: 300 },
};
const size: DeployedFirewallRule = {
  name: "body-size",
  action: "block",
  matches: { kind: "body-longer", bytes: 100 },
};
const managed: DeployedFirewallRule = {
  name: "aws-common",
  action: "block",
  matches: { kind: "managed", name: "AWSManagedRulesCommonRuleSet" },
};
const listed = (...ranges: string[]): DeployedFirewallRule => ({
  name: "allowed",
  action: "allow",
  matches: { kind: "addresses", ranges },
});
const acl = (
  rules: readonly DeployedFirewallRule[],
  defaultAction: "allow" | "block" = "block",
): DeployedWebAcl => ({ arn: "arn:aws:wafv2:acl", defaultAction, rules });

const judge = (of: DeployedWebAcl, sourceIp: string, bodyBytes = 0) =>
  new Firewall().judge(of, { sourceIp, bodyBytes, at: new Date(start) });

test.each([
  ["a listed IPv4 address", "203.0.113.7", { action: "allow", rule: "allowed" }],
  ["the address beside the range", "203.0.114.0", { action: "block", rule: "default" }],
  ["a listed IPv6 address", "2001:db8::1", { action: "allow", rule: "allowed" }],
  ["another IPv6 address", "2001:db9::1", { action: "block", rule: "default" }],
])("%s", (_, address, verdict) => {
  expect(judge(acl([listed("203.0.113.0/24", "2001:db8::/32")]), address)).toEqual(verdict);
});

test("what blocks comes before who is let in, and a body at the limit passes", () => {
  const of = acl([size, listed("203.0.113.0/24")]);
  expect(judge(of, "203.0.113.7", 100)).toEqual({ action: "allow", rule: "allowed" });
  expect(judge(of, "203.0.113.7", 101)).toEqual({ action: "block", rule: "body-size" });
});

test("a body beyond what WAF looks at is too long whatever the limit says", () => {
  const wide = acl([{ ...size, matches: { kind: "body-longer", bytes: 60_000 } }], "allow");
  expect(judge(wide, "203.0.113.7", 16_384)).toMatchObject({ action: "allow" });
  expect(judge(wide, "203.0.113.7", 16_385)).toMatchObject({ action: "block" });
});

test("a rate is an address's own, and comes back with the window", () => {
  const firewall = new Firewall();
  const of = acl([rate], "allow");
  const at = (sourceIp: string, seconds: number) =>
    firewall.judge(of, { sourceIp, bodyBytes: 0, at: new Date(start + seconds * 1000) });
  for (const second of [0, 1, 2]) expect(at("203.0.113.7", second)).toMatchObject({ action: "allow" });
  expect(at("203.0.113.7", 3)).toEqual({ action: "block", rule: "rate" });
  expect(at("203.0.113.8", 3)).toMatchObject({ action: "allow" });
  expect(at("203.0.113.7", 304)).toMatchObject({ action: "allow" });
});

test("a rule that counts decides nothing", () => {
  expect(judge(acl([{ ...size, action: "count" }], "allow"), "203.0.113.7", 101)).toEqual({
    action: "allow",
    rule: "default",
  });
});

test("managed rules are not evaluated, and that is said", () => {
  expect(judge(acl([managed], "allow"), "203.0.113.7")).toMatchObject({ action: "allow" });
  expect(unevaluatedRules(acl([managed]))).toEqual([
    "firewall rule aws-common (AWSManagedRulesCommonRuleSet) is not evaluated here",
  ]);
});

test("a rule of a kind that is not known lets nobody on", () => {
  const strange: DeployedFirewallRule = {
    name: "geo",
    action: "block",
    matches: { kind: "unknown", what: "GeoMatchStatement" },
  };
  expect(judge(acl([listed("203.0.113.0/24"), strange], "allow"), "203.0.113.7")).toEqual({
    unknown: "rule geo",
  });
});

describe("in the gateway", () => {
  const ours = makeAuthority("Ours");
  const client = ours.issue();
  const format = '{"waf":"$context.wafResponseCode","status":"$context.waf.status","at":"$context.status"}';
  let system: RunningGateway;

  beforeEach(async () => {
    system = new RunningGateway(ours.truststore);
    const accessLog = { destinationArn: "arn:aws:logs:eu-west-2:222222222222:log-group:/access", format };
    system.aws.domain = domainWith({ stages: [{ ...stage, accessLog }] });
    system.aws.webAcl = acl([size, listed("127.0.0.1/32")]);
    await system.start();
  });
  afterEach(() => system.close());

  test("a listed address is answered, and the access log says that the firewall let it on", async () => {
    expect(await system.call({ client })).toMatchObject({ status: 200 });
    expect(JSON.parse(system.accessLog.at(-1) ?? "")).toEqual({ waf: "WAF_ALLOW", status: "200", at: "200" });
  });

  test("an address that is not listed is refused with a good certificate, and the authorizer is not asked", async () => {
    system.aws.webAcl = acl([listed("203.0.113.0/24")]);
    await system.gateway.reload();
    const answer = await system.call({ client });
    expect([answer.status, answer.body]).toEqual([403, '{"message":"Forbidden"}']);
    expect(system.aws.events).toEqual({ authorizer: [], backend: [] });
    expect(system.reasons()).toEqual(["firewall"]);
    expect(JSON.parse(system.accessLog.at(-1) ?? "")).toEqual({ waf: "WAF_BLOCK", status: "403", at: "403" });
  });

  test("it comes before the route: an unknown path tells a stranger nothing", async () => {
    system.aws.webAcl = acl([listed("203.0.113.0/24")]);
    await system.gateway.reload();
    expect(await system.call({ client, path: "/nothing" })).toMatchObject({
      body: '{"message":"Forbidden"}',
    });
  });

  test("a long body is refused, a shorter one not", async () => {
    expect(await system.call({ client, body: "x".repeat(101) })).toMatchObject({ status: 403 });
    expect(await system.call({ client, body: "x".repeat(100) })).toMatchObject({ status: 200 });
  });

  test("a rule that cannot be evaluated refuses everybody", async () => {
    const matches = { kind: "unknown", what: "GeoMatchStatement" } as const;
    system.aws.webAcl = acl([{ name: "geo", action: "block", matches }], "allow");
    await system.gateway.reload();
    expect(await system.call({ client })).toMatchObject({ status: 500 });
    expect(system.reasons()).toEqual(["not-emulated"]);
  });
});
