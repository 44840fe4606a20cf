// Doctor's checks, each on an environment that is well but for one thing.
import { createHash } from "node:crypto";
import type { DomainReading } from "#aws/deployment-reader.ts";
import type { Examined } from "#cli/doctor/check.ts";
import { checks } from "#cli/doctor/checks/index.ts";
import { examine } from "#cli/doctor/examine.ts";
import { findingsTable, summary } from "#cli/doctor/show.ts";
import type { Environment } from "#config/environment.ts";
import {
  certificateOf,
  crlOf,
  environment,
  examined,
  healthyDomain,
  healthyWorld,
  stranger,
  type World,
} from "./healthy-world.ts";

type Api = DomainReading["apis"][number];
const spoiledApi = (spoil: Partial<Api>): DomainReading => {
  const domain = healthyDomain();
  return { ...domain, apis: [{ ...(domain.apis[0] as Api), ...spoil }] };
};
const output = (name: string, value: unknown) => (world: World) => {
  world.outputs = { ...world.outputs, [name]: value };
};
const object = (key: string, body: Buffer | undefined, version?: string) => (world: World) => {
  world.objects[key] = body && { body, ...(version ? { version } : {}) };
};
const domain = (spoil: Partial<DomainReading>) => (world: World) => {
  world.domain = { ...healthyDomain(), ...spoil };
};
const api = (spoil: Partial<Api>) => (world: World) => {
  world.domain = spoiledApi(spoil);
};
const authorizer = (spoil: object) =>
  api({
    authorizers: [{ id: "authorizer1", type: "REQUEST", identitySources: [], resultTtlSeconds: 0, ...spoil }],
  });
const mutualTls = (spoil: object) =>
  domain({ mutualTls: { truststoreUri: "s3://b/t", truststoreVersion: "v1", warnings: [], ...spoil } });
const lacks = (what: object) => (world: World) => {
  world.protection = {
    ...{ versioned: true, encrypted: true, notPublic: true, tlsOnly: true },
    ...what,
  };
};
const retention = (name: string, days: number | undefined) => (world: World) => {
  world.logGroups = world.logGroups.map((one) =>
    one.name === name ? { name, ...(days ? { retentionDays: days } : {}) } : one,
  );
};
const schedule = (spoil: object | undefined) => (world: World) => {
  const known = world.schedules["dev-ca-publish"];
  world.schedules["dev-ca-publish"] = spoil && known && { ...known, ...spoil };
};
const alarms = (stack: string, ringing: string[] | undefined) => (world: World) => {
  world.alarms[stack] = ringing && { ringing };
};
const whole = { name: "trail", logging: true, leavesOut: [] };
const trails = (all: World["trails"]) => (world: World) => {
  world.trails = all;
};
const days = (count: number) => new Date(Date.parse("2026-03-01T12:00:00Z") + count * 86_400_000);

test("an environment that is well: every check says so, and nothing else", async () => {
  const findings = await examine(examined(healthyWorld()));
  expect(findings.filter((one) => one.verdict !== "ok")).toEqual([]);
  expect(findings.length).toBeGreaterThanOrEqual(checks.length);
});

test("an API without alarms is not asked for them; the CA is", async () => {
  const at = examined(healthyWorld());
  const apis = at.environment.apis.map(({ alarms: _, ...rest }) => rest);
  const findings = await examine({ ...at, environment: { ...at.environment, apis } });
  expect(findings.filter(({ code }) => code === "alarms").map(({ subject }) => subject)).toEqual(["dev-ca"]);
});

const table: [what: string, verdict: "warn" | "fail", code: string, spoil: (world: World) => void][] = [
  ["the truststore is gone", "fail", "truststore-missing", object("truststore.pem", undefined)],
  [
    "somebody wrote another truststore",
    "fail",
    "truststore-foreign",
    object("truststore.pem", certificateOf("root"), "v2"),
  ],
  [
    "other bytes under the same version",
    "fail",
    "truststore-foreign",
    object("truststore.pem", certificateOf("root"), "v1"),
  ],
  ["a CA certificate is gone", "fail", "ca-certificate-wrong", object("certs/g1-root.crt", undefined)],
  [
    "another CA's certificate in its place",
    "fail",
    "ca-certificate-wrong",
    object("certs/g1-issuing.crt", certificateOf("root")),
  ],
  ["a CRL is gone", "fail", "crl-missing", object("crl/g1-issuing.crl", undefined)],
  ["a CRL is garbage", "fail", "crl-invalid", object("crl/g1-root.crl", Buffer.from("no CRL"))],
  ["a CRL of another CA", "fail", "crl-invalid", object("crl/g1-issuing.crl", crlOf("issuing", 1, stranger))],
  [
    "a CRL older than the authorizer believes",
    "fail",
    "crl-stale",
    object("crl/g1-issuing.crl", crlOf("issuing", 31)),
  ],
  ["a CRL whose successor is late", "warn", "crl-late", object("crl/g1-issuing.crl", crlOf("issuing", 20))],
  [
    "… and with it the promise is not kept",
    "fail",
    "revocation-promise-broken",
    object("crl/g1-issuing.crl", crlOf("issuing", 20)),
  ],
  ["a root CRL past its end", "fail", "crl-stale", object("crl/g1-root.crl", crlOf("root", 91 * 24 * 60))],
  ["no schedule", "fail", "schedule-dead", schedule(undefined)],
  ["a schedule that sleeps", "fail", "schedule-dead", schedule({ enabled: false })],
  ["the CA's alarms are gone", "fail", "alarm-missing", alarms("dev-ca", undefined)],
  ["the API's alarms are gone", "fail", "alarm-missing", alarms("dev-api", undefined)],
  ["an alarm of the CA rings", "warn", "alarm-rings", alarms("dev-ca", ["dev-ca-publish-failed"])],
  ["an alarm of the API rings", "warn", "alarm-rings", alarms("dev-api", ["dev-api-latency"])],
  ["a schedule that calls nothing", "fail", "schedule-dead", schedule({ targets: [] })],
  [
    "a revocation by command",
    "warn",
    "revocation-not-listed",
    output("drift", [{ generation: "g1", serial: "0a", status: "revoked", reason: "superseded" }]),
  ],
  [
    "a client near its end",
    "warn",
    "client-near-end",
    output("client_notices", [{ client: "partner-a", why: "expiring", notAfter: "2026-03-10T00:00:00Z" }]),
  ],
  [
    "the domain pins an older truststore",
    "fail",
    "truststore-pin-behind",
    mutualTls({ truststoreVersion: "v0" }),
  ],
  ["API Gateway warns", "fail", "truststore-warning", mutualTls({ warnings: ["certificate expired"] })],
  [
    "mutual TLS is off",
    "fail",
    "mutual-tls-off",
    (world) => {
      const { mutualTls: _, ...open } = healthyDomain();
      world.domain = open;
    },
  ],
  ["an older TLS", "fail", "tls-policy", domain({ securityPolicy: "TLS_1_0" })],
  [
    "the server's certificate is not valid",
    "fail",
    "server-certificate-invalid",
    (world) => {
      world.certificate = { status: "PENDING_VALIDATION" };
    },
  ],
  [
    "… is past its end",
    "fail",
    "server-certificate-expired",
    (world) => {
      world.certificate = { status: "ISSUED", notAfter: days(-1) };
    },
  ],
  [
    "… was not renewed",
    "warn",
    "server-certificate-near-end",
    (world) => {
      world.certificate = { status: "ISSUED", notAfter: days(20) };
    },
  ],
  [
    "the record points elsewhere",
    "fail",
    "dns-record-wrong",
    (world) => {
      world.cname = "elsewhere.example.net";
    },
  ],
  [
    "there is no record",
    "fail",
    "dns-record-wrong",
    (world) => {
      world.cname = undefined;
    },
  ],
  ["execute-api is open", "fail", "execute-api-open", api({ disableExecuteApiEndpoint: false })],
  [
    "the stage serves an older deployment",
    "warn",
    "stage-behind",
    (world) => {
      world.newestDeployment = "deployment3";
    },
  ],
  ["the domain leads nowhere", "fail", "no-api-mapped", domain({ apis: [] })],
  ["the authorizer's answers are kept", "fail", "authorizer-cached", authorizer({ resultTtlSeconds: 300 })],
  [
    "an identity source",
    "fail",
    "authorizer-identity-source",
    authorizer({ identitySources: ["method.request.header.Authorization"] }),
  ],
  ["an authorizer of another kind", "fail", "authorizer-kind", authorizer({ type: "TOKEN" })],
  ["a method that asks no authorizer", "fail", "method-open", api({ authorizers: [] })],
  [
    "there is no authorizer",
    "fail",
    "authorizer-missing",
    (world) => {
      world.functionEnvironment = undefined;
    },
  ],
  [
    "the pinned policy has other bytes",
    "fail",
    "authorizer-policy-wrong",
    object("policy.json", Buffer.from("{}"), "p1"),
  ],
  ["the pinned policy is gone", "fail", "authorizer-policy-wrong", object("policy.json", undefined)],
  [
    "the CA has published since",
    "fail",
    "authorizer-policy-behind",
    (world) => {
      world.outputs = { ...world.outputs, truststore_version: "v2" };
      world.objects["truststore.pem"] = {
        ...(world.objects["truststore.pem"] as { body: Buffer }),
        version: "v2",
      };
    },
  ],
  [
    "the stage is not behind its firewall",
    "fail",
    "firewall-missing",
    (world) => {
      world.webAcl = undefined;
    },
  ],
  [
    "a log group is gone",
    "fail",
    "log-group-missing",
    (world) => {
      world.logGroups = world.logGroups.filter((one) => !one.name.endsWith("authorizer"));
    },
  ],
  [
    "the execution log's group is gone",
    "fail",
    "log-group-missing",
    (world) => {
      world.logGroups = world.logGroups.filter((one) => !one.name.startsWith("API-Gateway-"));
    },
  ],
  [
    "a log group without end",
    "fail",
    "log-group-for-ever",
    retention("/aws/lambda/dev-api-api-response", undefined),
  ],
  ["another retention", "fail", "log-group-retention", retention("/mtls-api/dev-api/access", 1)],
  [
    "no logging role",
    "fail",
    "logging-role-missing",
    (world) => {
      world.loggingRole = undefined;
    },
  ],
  ["a state bucket without versions", "fail", "state-bucket-unprotected", lacks({ versioned: false })],
  ["… without encryption", "fail", "state-bucket-unprotected", lacks({ encrypted: false })],
  ["… that may be public", "fail", "state-bucket-unprotected", lacks({ notPublic: false })],
  ["… that answers plain http", "fail", "state-bucket-unprotected", lacks({ tlsOnly: false })],
  ["no trail", "warn", "trail-missing", trails([])],
  ["a trail that was stopped", "warn", "trail-stopped", trails([{ ...whole, logging: false }])],
  ["a trail without KMS", "warn", "trail-incomplete", trails([{ ...whole, leavesOut: ["KMS"] }])],
  ["a trail that does not say", "warn", "trail-unknown", trails([{ ...whole, leavesOut: ["unknown"] }])],
  ["CloudTrail does not answer", "warn", "trail-unknown", trails(new Error("AccessDenied"))],
  [
    "no state bucket",
    "fail",
    "state-bucket-missing",
    (world) => {
      world.protection = undefined;
    },
  ],
  [
    "a foundation that was not bootstrapped again",
    "fail",
    "foundation-behind",
    (world) => {
      world.managedPolicies = {};
    },
  ],
  [
    "nothing is deployed",
    "fail",
    "not-deployed",
    (world) => {
      world.outputs = undefined;
    },
  ],
  ["an apply that ended half-way", "fail", "not-deployed", output("truststore_version", "")],
  [
    "no domain",
    "fail",
    "not-deployed",
    (world) => {
      world.domain = undefined;
    },
  ],
];

test.each(table)("%s: %s %s", async (_, verdict, code, spoil) => {
  const world = healthyWorld();
  spoil(world);
  const found = (await examine(examined(world))).filter((one) => one.code === code);
  expect(found.length).toBeGreaterThan(0);
  for (const one of found) expect(one).toMatchObject({ verdict, todo: expect.stringMatching(/\S/) });
});

test("one whole trail is enough, whatever the others leave out", async () => {
  const world = healthyWorld();
  world.trails = [{ ...whole, leavesOut: ["KMS"] }, { ...whole, logging: false }, whole];
  const findings = await examine(examined(world));
  expect(findings.filter((one) => one.code.startsWith("trail"))).toMatchObject([{ verdict: "ok" }]);
});

test("every check fails in some row of the table", async () => {
  const silent = new Set(checks.map((one) => one.code));
  for (const [, , , spoil] of table) {
    const world = healthyWorld();
    spoil(world);
    for (const check of checks) {
      const findings = await check.run(examined(world)).catch(() => []);
      if (findings.some((one) => one.verdict !== "ok")) silent.delete(check.code);
    }
  }
  expect([...silent]).toEqual([]);
});

test("a CA near its end is told while the next can still be rolled out", async () => {
  const at = { ...examined(healthyWorld()), now: days(5 * 365 - 100) };
  const findings = await examine(at);
  expect(findings).toContainEqual(
    expect.objectContaining({
      verdict: "warn",
      code: "ca-certificate-near-end",
      subject: "certs/g1-issuing.crt",
    }),
  );
  const later = await examine({ ...at, now: days(5 * 365 + 1) });
  expect(later).toContainEqual(
    expect.objectContaining({
      verdict: "fail",
      code: "ca-certificate-expired",
      subject: "certs/g1-issuing.crt",
    }),
  );
});

test("a check that cannot be made has failed, and the others are still made", async () => {
  const at = examined(healthyWorld());
  const reader: Examined["reader"] = (account, region) => ({
    ...at.reader(account, region),
    schedule: () => Promise.reject(Object.assign(new Error("not allowed"), { name: "AccessDenied" })),
  });
  const findings = await examine({ ...at, reader });
  expect(findings.filter((one) => one.verdict !== "ok")).toEqual([
    expect.objectContaining({ verdict: "fail", code: "unreadable", subject: "schedules" }),
  ]);
});

test("the promise's two figures are told", async () => {
  const findings = await examine(examined(healthyWorld()));
  const { what = "" } = findings.find((one) => one.code === "revocation-promise") ?? {};
  expect(environment.name).toBe("dev");
  expect(what).toBe(
    "a revoked client is refused within 10 min, within 30 min if somebody puts back an old CRL",
  );
});

describe("an engine that writes no CRLs and no certificates of its own", () => {
  const pem = (which: "root" | "issuing") =>
    `pem-sha256:${createHash("sha256").update(certificateOf(which)).digest("hex")}`;
  const terraformMade = (world: World): Examined => {
    const [issuer] = (world.outputs?.issuers ?? []) as object[];
    const issuers = [{ ...issuer, rootFingerprint: pem("root"), issuingFingerprint: pem("issuing") }];
    world.outputs = { ...world.outputs, issuers };
    world.objects = {
      "truststore.pem": world.objects["truststore.pem"],
      "policy.json": world.objects["policy.json"],
    };
    world.schedules = {};
    world.logGroups = world.logGroups.filter((one) => !one.name.includes("/dev-ca-"));
    const apis = environment.apis.map((one) => ({
      ...one,
      authorizer: { ...one.authorizer, revocation: "off" as const },
    }));
    const engine = { kind: "tls" as const, generatedClients: [] };
    return {
      ...examined(world),
      environment: {
        ...environment,
        apis,
        ca: { ...environment.ca, engine } as unknown as Environment["ca"],
      },
    };
  };

  test("its certificates are found in the truststore by what Terraform can hash; that nothing is revoked is told", async () => {
    const findings = await examine(terraformMade(healthyWorld()));
    expect(findings.filter((one) => one.verdict !== "ok").map((one) => one.code)).toEqual(["revocation-off"]);
    expect(findings.filter((one) => one.code === "ca-certificate").length).toBe(2);
  });

  test("a certificate that the outputs do not name is none of it", async () => {
    const at = terraformMade(healthyWorld());
    const state = (await at.reader("", "").outputs("", "")) as { issuers: object[] };
    const issuers = [{ ...state.issuers[0], issuingFingerprint: "pem-sha256:00" }];
    const reader: Examined["reader"] = (account, region) => ({
      ...at.reader(account, region),
      outputs: async () => ({ ...state, issuers }),
    });
    const findings = await examine({ ...at, reader });
    expect(findings.filter((one) => one.verdict === "fail").map((one) => one.code)).toEqual([
      "ca-certificate-wrong",
    ]);
  });
});

test("the table says what to do below what is wrong, and counts", async () => {
  const world = healthyWorld();
  world.loggingRole = undefined;
  const findings = await examine(examined(world));
  expect(summary(findings)).toMatchObject({ warn: 0, fail: 1 });
  expect(findingsTable(findings)).toMatch(/fail +logging-role-missing .*\n +→ npm run bootstrap/);
});
