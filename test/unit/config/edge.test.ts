/** Firewall, quotas and alarms of the configuration: careful defaults, and every impossible value refused by name. */
import { familyOf } from "#config/address-range.ts";
import { ConfigError } from "#config/config-error.ts";
import { changed } from "./sample.ts";

// biome-ignore lint/suspicious/noExplicitAny: wrong input is the subject
const withEdge = (edge: any, rule: any = {}) =>
  changed((input) => {
    Object.assign(input.apis[0], edge);
    Object.assign(input.apis[0].authorizer.rules[0], rule);
  });

const plans = { standard: { ratePerSecond: 10, burst: 20 } };

test("what is not said takes the careful value", () => {
  const [api] = withEdge({
    firewall: { allow: ["203.0.113.0/24"] },
    quotas: { plans, default: "standard" },
    alarms: {},
  }).apis;
  expect(api?.firewall).toEqual({
    defaultAction: "block",
    allow: ["203.0.113.0/24"],
    ratePerFiveMinutes: 2000,
    managedRules: "block",
    maxBodyBytes: 8192,
  });
  expect(api?.alarms).toMatchObject({ emails: [], serverErrors: 5 });
});

test.each([
  ["an empty list that blocks everybody", { firewall: {} }, "allow: at least one range"],
  [
    "a list that changes nothing",
    { firewall: { defaultAction: "allow", allow: ["203.0.113.0/24"] } },
    "no range",
  ],
  ["pages of any origin", { cors: { origin: "*" } }, "cors.origin: one origin"],
  ["pages without TLS", { cors: { origin: "http://app.example.com" } }, "cors.origin: one origin"],
  ["an origin with a path", { cors: { origin: "https://app.example.com/" } }, "cors.origin: one origin"],
  ["two origins", { cors: { origin: "https://a.example.com,https://b.example.com" } }, "cors.origin: one"],
  ["the same range twice", { firewall: { allow: ["203.0.113.0/24", "203.0.113.0/24"] } }, "must differ"],
  ["everybody", { firewall: { allow: ["0.0.0.0/0"] } }, "allow.0: a network"],
  ["bits behind the prefix", { firewall: { allow: ["203.0.113.1/24"] } }, "allow.0: a network"],
  [
    "too long a body for WAF",
    { firewall: { allow: ["203.0.113.0/24"], maxBodyBytes: 16_385 } },
    "maxBodyBytes",
  ],
  ["too low a rate for WAF", { firewall: { allow: ["203.0.113.0/24"], ratePerFiveMinutes: 9 } }, "ratePer"],
  [
    "a default class that is not there",
    { quotas: { plans, default: "gold" } },
    "quotas.default: one of standard",
  ],
  ["an address that is none", { alarms: { emails: ["operations"] } }, "an e-mail address"],
  ["a key alias", { logs: { retentionDays: 7, kmsKeyArn: "alias/logs" } }, "the ARN of a KMS key"],
])("%s is refused", (_, edge, message) => {
  expect(() => withEdge(edge)).toThrow(ConfigError);
  expect(() => withEdge(edge)).toThrow(message);
});

test.each([
  ["without quotas", {}, "only beside quotas"],
  ["that is not there", { quotas: { plans, default: "standard" } }, "one of standard"],
])("a rule of a class %s is refused", (_, edge, message) => {
  expect(() => withEdge(edge, { quota: "gold" })).toThrow(message);
});

test.each([
  ["203.0.113.0/24", "IPV4"],
  ["203.0.113.7/32", "IPV4"],
  ["128.0.0.0/1", "IPV4"],
  ["2001:db8::/32", "IPV6"],
  ["2001:db8::1/128", "IPV6"],
  ["::1/128", "IPV6"],
  ["1:2:3:4:5:6:7:8/128", "IPV6"],
  ["203.0.113.0/33", undefined],
  ["203.0.113.0", undefined],
  ["203.0.113.0/024", undefined],
  ["2001:db8::1/32", undefined],
  ["2001:DB8::/32", undefined],
  ["::ffff:203.0.113.0/120", undefined],
  ["2001:db8::/129", undefined],
  ["203.0.113.0/24 ", undefined],
  ["", undefined],
])("%s is %s", (range, family) => {
  expect(familyOf(range)).toBe(family);
});
