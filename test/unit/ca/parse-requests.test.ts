/** Untrusted JSON: everything that is not exactly a request is refused with its path. */
import fc from "fast-check";
import {
  parseIssueRequest,
  parsePublishRequest,
  parseReconcileRequest,
  parseRevokeRequest,
} from "#ca/parse-requests.ts";
import { Refused } from "#ca/refusal.ts";
import { configuration } from "./world.ts";

const issue = { csr: "-----BEGIN …", profile: "client", validSeconds: 60 };
const revoke = { generation: "g1", serial: "4a0b", reason: "superseded" };
const apply = { action: "apply", configuration: configuration() };
const parsers = { parseIssueRequest, parseRevokeRequest, parsePublishRequest, parseReconcileRequest };

test("what is right is taken over", () => {
  expect(parseIssueRequest(issue)).toEqual(issue);
  expect(parseRevokeRequest(revoke)).toEqual({
    generation: "g1",
    serial: "4a0b",
    order: { action: "revoke", reason: "superseded" },
  });
  expect(parseRevokeRequest({ action: "release", generation: "g1", serial: "4a0b" }).order).toEqual({
    action: "release",
  });
  expect(
    parseRevokeRequest({ ...revoke, invalidSince: "2026-01-31T12:00:00.500+01:00" }).order,
  ).toMatchObject({
    invalidSince: new Date("2026-01-31T11:00:00Z"),
  });
  const assert = { generation: "g1", serial: "4a", listed: true };
  expect(parsePublishRequest({ action: "publish", onlyWhereDue: false, assert })).toEqual({
    action: "publish",
    onlyWhereDue: false,
    assert,
  });
  expect(parseReconcileRequest(apply)).toEqual(apply);
  expect(parseReconcileRequest({ action: "renew" })).toEqual({ action: "renew" });
});

const crl = configuration().crl;
const client = configuration().profiles.client;
const [g1] = configuration().generations;
const withConfiguration = (part: object) => ({
  action: "apply",
  configuration: { ...configuration(), ...part },
});

const mistakes: readonly (readonly [keyof typeof parsers, unknown, string])[] = [
  ["parseIssueRequest", null, "request: an object, got null"],
  ["parseIssueRequest", [issue], "request: an object, got a list"],
  ["parseIssueRequest", "issue", "request: an object, got string"],
  ["parseIssueRequest", { ...issue, subject: "CN=root" }, "subject: no such key"],
  [
    "parseIssueRequest",
    JSON.parse('{"csr":"x","profile":"client","__proto__":{}}'),
    "__proto__: no such key",
  ],
  ["parseIssueRequest", { profile: "client" }, "csr: a string, got nothing"],
  ["parseIssueRequest", { ...issue, csr: "x".repeat(16_385) }, "csr: 1 to 16384 characters, got 16385"],
  ["parseIssueRequest", { ...issue, profile: ["client"] }, "profile: a string, got a list"],
  ["parseIssueRequest", { ...issue, profile: "../client" }, "profile: a profile's name"],
  ["parseIssueRequest", { ...issue, validSeconds: "60" }, "validSeconds: a whole number, got string"],
  ["parseIssueRequest", { ...issue, validSeconds: 0.5 }, "validSeconds: a whole number"],
  ["parseIssueRequest", { ...issue, validSeconds: 0 }, "validSeconds: 1 to"],
  ["parseIssueRequest", { ...issue, validSeconds: 1e12 }, "validSeconds: 1 to"],
  ["parseRevokeRequest", { ...revoke, reason: "removeFromCRL" }, "reason: one of unspecified, keyCompromise"],
  ["parseRevokeRequest", { ...revoke, reason: "cACompromise" }, "reason: one of"],
  ["parseRevokeRequest", { generation: "g1", serial: "4a" }, "reason: a string, got nothing"],
  ["parseRevokeRequest", { ...revoke, serial: "4A0B" }, "serial: lower-case hex"],
  ["parseRevokeRequest", { ...revoke, serial: "4a0" }, "serial: lower-case hex"],
  ["parseRevokeRequest", { ...revoke, serial: 4 }, "serial: a string, got number"],
  ["parseRevokeRequest", { ...revoke, serial: "4a".repeat(22) }, "serial: 1 to 42 characters"],
  ["parseRevokeRequest", { ...revoke, generation: "g0" }, "generation: a generation such as g1"],
  ["parseRevokeRequest", { ...revoke, action: "release" }, "reason: no such key"],
  ["parseRevokeRequest", { ...revoke, action: "hold" }, "action: one of revoke, release"],
  ["parseRevokeRequest", { ...revoke, invalidSince: "yesterday" }, "invalidSince: a time such as"],
  [
    "parseRevokeRequest",
    { ...revoke, invalidSince: "2026-13-01T00:00:00Z" },
    "invalidSince: a calendar date",
  ],
  ["parsePublishRequest", {}, "action: a string, got nothing"],
  ["parsePublishRequest", { action: "publish", onlyWhereDue: "yes" }, "onlyWhereDue: true or false"],
  [
    "parsePublishRequest",
    { action: "publish", assert: { generation: "g1", serial: "4a" } },
    "assert.listed: true or false",
  ],
  ["parseReconcileRequest", { action: "destroy" }, "action: one of apply, renew, report, revoke-issuing"],
  ["parseReconcileRequest", { action: "renew", configuration: {} }, "configuration: no such key"],
  ["parseReconcileRequest", { action: "apply" }, "configuration: an object, got nothing"],
  [
    "parseReconcileRequest",
    { action: "revoke-issuing", generation: "g1", reason: "certificateHold" },
    "reason: one of",
  ],
  ["parseReconcileRequest", withConfiguration({ extra: 1 }), "configuration.extra: no such key"],
  [
    "parseReconcileRequest",
    withConfiguration({ generations: [] }),
    "configuration.generations: exactly one is active, got 0",
  ],
  [
    "parseReconcileRequest",
    withConfiguration({ generations: [g1, g1] }),
    "configuration.generations: ids must differ",
  ],
  [
    "parseReconcileRequest",
    withConfiguration({ generations: [{ ...g1, issuingKeyArn: "alias/ca" }] }),
    "configuration.generations[0].issuingKeyArn: the ARN of a KMS key",
  ],
  [
    "parseReconcileRequest",
    withConfiguration({ profiles: { client: { ...client, keyTypes: ["P-256", 7] } } }),
    "configuration.profiles.client.keyTypes[1]: a string",
  ],
  [
    "parseReconcileRequest",
    withConfiguration({
      profiles: { client: { ...client, subject: { allowed: [], required: [], fixed: { O: 1 } } } },
    }),
    "configuration.profiles.client.subject.fixed.O: a string, got number",
  ],
  ["parseIssueRequest", { ...issue, client: "Partner A" }, "client: a client's name"],
  ["parseReconcileRequest", { action: "report", all: true }, "all: no such key"],
  [
    "parseReconcileRequest",
    withConfiguration({ generations: [{ ...g1, publicUrl: "https://pki.example.com/" }] }),
    "configuration.generations[0].publicUrl: an https or http URL",
  ],
  [
    "parseReconcileRequest",
    withConfiguration({ callers: [{ name: "onboarding", profiles: ["client"], names: [".*"] }] }),
    "configuration.callers[0].mayRevoke: true or false, got nothing",
  ],
  [
    "parseReconcileRequest",
    withConfiguration({ desiredState: { sha256: "latest" } }),
    "configuration.desiredState.sha256: a SHA-256 in hex",
  ],
  [
    "parseReconcileRequest",
    withConfiguration({ crl: { ...crl, lifetimeHours: 0 } }),
    "configuration.crl.lifetimeHours: 1 to",
  ],
];

test.each(mistakes)("%s(%j) is refused: %s", (parser, value, message) => {
  let error: unknown;
  try {
    parsers[parser](value);
  } catch (thrown) {
    error = thrown;
  }
  expect(error).toBeInstanceOf(Refused);
  expect((error as Refused).code).toBe("request");
  expect((error as Refused).message).toContain(message);
});

test("no JSON whatever does anything but parse or be refused", () => {
  for (const parse of Object.values(parsers))
    fc.assert(
      fc.property(
        fc.oneof(
          fc.jsonValue(),
          fc.record({ action: fc.constantFrom("publish", "apply", "renew"), x: fc.jsonValue() }),
        ),
        (value) => {
          try {
            parse(value);
          } catch (error) {
            expect(error).toBeInstanceOf(Refused);
          }
        },
      ),
      { seed: 1, numRuns: 300 },
    );
});
