/** domain-watch: every measure from what it really looks at, and none hidden by another that fails. */
import { createHash } from "node:crypto";
import type { AuthorizerPolicy } from "#contract/authorizer-policy.ts";
import { domainMeasures, domainMetrics } from "#contract/metrics.ts";
import { failureLines, observationLine } from "#lambdas/domain-watch/observation-line.ts";
import { type Sources, watch } from "#lambdas/domain-watch/watch.ts";
import { prepareCrl } from "#pki/crl/write.ts";
import { encodePem } from "#pki/pem.ts";
import { makeHierarchy, signWith } from "../../support/hierarchy.ts";

const now = new Date("2026-03-01T12:00:00Z");
const hierarchy = makeHierarchy({ now });
const sha256 = (der: Buffer) => createHash("sha256").update(der).digest("hex");

const crl = (of: "root" | "issuing", thisUpdate: string, nextUpdate: string): Buffer =>
  signWith(
    hierarchy[of].privateKey,
    prepareCrl({
      issuer: hierarchy[of].certificate,
      number: 1,
      thisUpdate: new Date(thisUpdate),
      nextUpdate: new Date(nextUpdate),
      entries: [],
    }),
  );

const policy = {
  revocation: {},
  truststore: { bucket: "ca", region: "eu-west-2", key: "truststore.pem", version: "v1", sha256: "x" },
  issuers: [
    {
      generation: "g1",
      issuingFingerprint: sha256(hierarchy.issuing.certificate.der),
      issuingCrlKey: "crl/g1-issuing.crl",
      rootFingerprint: sha256(hierarchy.root.certificate.der),
      rootCrlKey: "crl/g1-root.crl",
    },
  ],
} as unknown as AuthorizerPolicy;

const truststore = Buffer.from(
  [hierarchy.root, hierarchy.issuing]
    .map(({ certificate }) => encodePem("CERTIFICATE", certificate.der))
    .join(""),
);

function sources(change: Partial<Sources> = {}, objects: Record<string, Buffer> = {}): Sources {
  const stored: Record<string, Buffer> = {
    "truststore.pem": truststore,
    "crl/g1-issuing.crl": crl("issuing", "2026-03-01T11:50:00Z", "2026-03-02T12:00:00Z"),
    "crl/g1-root.crl": crl("root", "2026-02-01T00:00:00Z", "2026-04-10T12:00:00Z"),
    ...objects,
  };
  return {
    domain: async () => ({ truststoreVersion: "v1", warnings: [], certificateArn: "arn:certificate" }),
    certificateEnd: async () => new Date("2026-05-30T12:00:00Z"),
    policy: async () => policy,
    object: async (_, key) => {
      const body = stored[key];
      if (!body) throw new Error(`no ${key}`);
      return { body, versionId: "v1" };
    },
    ...change,
  };
}

test("everything well: ages and days as they are", async () => {
  const { values, failures } = await watch(sources(), now);
  expect(failures).toEqual({});
  expect(values).toEqual({
    crlAge: 600,
    rootCrlDays: 40,
    caDays: 1825,
    serverDays: 90,
    truststoreWarnings: 0,
    truststoreBehind: 0,
    truststoreMoved: 0,
  });
});

test.each([
  ["a newer truststore in the bucket", { object: later }, { truststoreBehind: 1, truststoreMoved: 0 }],
  [
    "a domain that somebody changed",
    { domain: async () => ({ truststoreVersion: "v0", warnings: [] }) },
    { truststoreBehind: 1, truststoreMoved: 1 },
  ],
  [
    "warnings of API Gateway",
    { domain: async () => ({ truststoreVersion: "v1", warnings: ["a", "b"] }) },
    { truststoreWarnings: 2 },
  ],
])("%s", async (_, change, expected) => {
  expect((await watch(sources(change), now)).values).toMatchObject(expected);
});

async function later(_: AuthorizerPolicy, key: string, version?: string) {
  const { body } = await sources().object(policy, key);
  return { body, versionId: key === "truststore.pem" && version === undefined ? "v2" : "v1" };
}

test("without revocation there are no lists to measure, and that is no failure", async () => {
  const off = { ...policy, revocation: "off" } as AuthorizerPolicy;
  const { values, failures } = await watch(sources({ policy: async () => off }), now);
  expect(failures).toEqual({});
  expect(Object.keys(values)).toEqual(expect.not.arrayContaining(["crlAge", "rootCrlDays"]));
});

test.each([
  [
    "a CRL of another CA",
    { "crl/g1-issuing.crl": crl("root", "2026-03-01T11:50:00Z", "2026-03-02T12:00:00Z") },
  ],
  ["garbage instead of a CRL", { "crl/g1-issuing.crl": Buffer.from("garbage") }],
])("%s is no measure of its age, and hides no other", async (_, objects) => {
  const { values, failures } = await watch(sources({}, objects), now);
  expect(Object.keys(failures)).toEqual(["crlAge"]);
  expect(Object.keys(values)).toHaveLength(domainMeasures.length - 1);
});

test("a domain that cannot be read leaves what does not depend on it", async () => {
  const fails = async () => {
    throw new Error("AccessDenied");
  };
  const { values, failures } = await watch(sources({ domain: fails }), now);
  expect(Object.keys(values).sort()).toEqual(["caDays", "crlAge", "rootCrlDays"]);
  expect(Object.keys(failures).sort()).toEqual([
    "serverDays",
    "truststoreBehind",
    "truststoreMoved",
    "truststoreWarnings",
  ]);
});

test("the line is in the embedded metric format, with exactly the measures that were taken", async () => {
  const fails = async () => {
    throw new Error("AccessDenied: secret\nline");
  };
  const observation = await watch(sources({ certificateEnd: fails }), now);
  const line = JSON.parse(observationLine(observation, "api.example.com", now));
  const [directive] = line._aws.CloudWatchMetrics;
  expect(directive).toMatchObject({ Namespace: domainMetrics.namespace, Dimensions: [["domain"]] });
  for (const { Name } of directive.Metrics) expect(typeof line[Name]).toBe("number");
  expect(line).toMatchObject({ domain: "api.example.com", CrlAge: 600, DaysToCaExpiry: 1825 });
  expect(line).not.toHaveProperty("DaysToServerCertificateExpiry");
  expect(failureLines(observation, now)).toHaveLength(1);
  expect(failureLines(observation, now)[0]).not.toContain("\n");
});
