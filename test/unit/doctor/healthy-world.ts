/** An environment as it is when all is well, read by no network; a test spoils one thing in it. */
import { createHash } from "node:crypto";
import type { TrailReading } from "#aws/account-trails.ts";
import type { DomainReading } from "#aws/deployment-reader.ts";
import type { Examined, Reader } from "#cli/doctor/check.ts";
import type { Environment } from "#config/environment.ts";
import { dev } from "#config/environments/dev/index.ts";
import { caFunctionName, externalBucketName } from "#contract/names.ts";
import { prepareCrl } from "#pki/crl/write.ts";
import { encodePem } from "#pki/pem.ts";
import { makeHierarchy, type Signed, signWith } from "#test/support/hierarchy.ts";
import { type DeployedFoundation, healthyFoundation } from "./healthy-foundation.ts";

export const now = new Date("2026-03-01T12:00:00Z");
const [deployed] = dev.apis as [Environment["apis"][number]];
const api: typeof deployed = {
  ...deployed,
  firewall: {
    ...{ defaultAction: "block", allow: ["203.0.113.0/24"], ratePerFiveMinutes: 2_000 },
    ...{ managedRules: "block", maxBodyBytes: 8_192 },
  },
  alarms: {
    ...{ emails: [], p99LatencyMilliseconds: 2_000, serverErrors: 5, tooManyRequests: 50 },
    ...{ denials: 50, certificateDays: 30 },
  },
};
export const environment: Environment = { ...dev, apis: [api] };
const hierarchy = makeHierarchy({ now });
export const stranger = makeHierarchy({ now });

/** What spoils it; every part may be replaced. */
export interface World extends DeployedFoundation {
  outputs: Record<string, unknown> | undefined;
  objects: Record<string, { body: Buffer; version?: string } | undefined>;
  domain: DomainReading | undefined;
  newestDeployment: string | undefined;
  loggingRole: string | undefined;
  webAcl: string | undefined;
  certificate: { status: string; notAfter?: Date } | undefined;
  cname: string | undefined;
  functionEnvironment: Record<string, string> | undefined;
  logGroups: { name: string; retentionDays?: number }[];
  schedules: Record<string, { enabled: boolean; expression: string; targets: string[] } | undefined>;
  /** By stack. */
  alarms: Record<string, { ringing: string[] } | undefined>;
  trails: readonly TrailReading[] | Error;
  protection: { versioned: boolean; encrypted: boolean; notPublic: boolean; tlsOnly: boolean } | undefined;
}

const bucket = externalBucketName(environment.name, environment.ca.account);
const sha256 = (body: Buffer) => createHash("sha256").update(body).digest("hex");
const pem = ({ certificate }: Signed) => Buffer.from(encodePem("CERTIFICATE", certificate.der));
export const truststore = Buffer.concat([pem(hierarchy.root), pem(hierarchy.issuing)]);
const policy = Buffer.from(JSON.stringify({ truststore: { version: "v1" } }));
export const certificateOf = (which: "root" | "issuing") => pem(hierarchy[which]);

/** As `which` CA of a hierarchy signs it, so many minutes ago. */
export function crlOf(which: "root" | "issuing", minutesOld: number, from = hierarchy): Buffer {
  const issuer = from[which];
  const thisUpdate = new Date(now.getTime() - minutesOld * 60_000);
  const unsigned = prepareCrl({
    issuer: issuer.certificate,
    number: 7n,
    thisUpdate,
    nextUpdate: new Date(thisUpdate.getTime() + 90 * 86_400_000),
    entries: [],
  });
  return signWith(issuer.privateKey, unsigned);
}

export function healthyWorld(): World {
  return {
    outputs: {
      truststore_uri: `s3://${bucket}/truststore.pem`,
      truststore_version: "v1",
      truststore_sha256: sha256(truststore),
      external_bucket: bucket,
      external_bucket_region: environment.ca.region,
      issuers: [
        {
          generation: "g1",
          issuingFingerprint: hierarchy.issuing.certificate.fingerprint,
          issuingCrlKey: "crl/g1-issuing.crl",
          rootFingerprint: hierarchy.root.certificate.fingerprint,
          rootCrlKey: "crl/g1-root.crl",
        },
      ],
      drift: [],
      client_notices: [],
    },
    objects: {
      "truststore.pem": { body: truststore, version: "v1" },
      "certs/g1-root.crt": { body: pem(hierarchy.root) },
      "certs/g1-issuing.crt": { body: pem(hierarchy.issuing) },
      "crl/g1-issuing.crl": { body: crlOf("issuing", 5) },
      "crl/g1-root.crl": { body: crlOf("root", 600) },
      "policy.json": { body: policy, version: "p1" },
    },
    domain: healthyDomain(),
    newestDeployment: "deployment2",
    loggingRole: `arn:aws:iam::${api.account}:role/mtls-api-gateway-logging`,
    webAcl: "dev-api-firewall",
    certificate: { status: "ISSUED", notAfter: new Date(now.getTime() + 200 * 86_400_000) },
    cname: "d-1.execute-api.eu-west-2.amazonaws.com",
    functionEnvironment: {
      ...{ POLICY_BUCKET: "policies", POLICY_KEY: "policy.json", POLICY_VERSION: "p1" },
      POLICY_SHA256: sha256(policy),
    },
    logGroups: [
      ...["ca-reconcile", "ca-issue", "ca-revoke", "ca-publish"].map((slug) => ({
        name: `/aws/lambda/dev-${slug}`,
        retentionDays: 180,
      })),
      { name: "/aws/lambda/dev-api-authorizer", retentionDays: 30 },
      { name: "/aws/lambda/dev-api-api-response", retentionDays: 30 },
      { name: "/mtls-api/dev-api/access", retentionDays: 30 },
      { name: `API-Gateway-Execution-Logs_api1/${api.stage}`, retentionDays: 30 },
    ],
    schedules: Object.fromEntries(
      (["ca-publish", "ca-reconcile"] as const).map((slug) => {
        const name = caFunctionName("dev", slug);
        const targets = [`arn:aws:lambda:eu-west-2:${environment.ca.account}:function:${name}`];
        return [name, { enabled: true, expression: "rate(10 minutes)", targets }];
      }),
    ),
    alarms: { "dev-ca": { ringing: [] }, "dev-api": { ringing: [] } },
    trails: [{ name: "organisation", logging: true, leavesOut: [] }],
    ...healthyFoundation(environment),
    protection: { versioned: true, encrypted: true, notPublic: true, tlsOnly: true },
  };
}

export function healthyDomain(): DomainReading {
  return {
    domainName: api.domain,
    region: api.region,
    account: api.account,
    securityPolicy: "TLS_1_2",
    mutualTls: { truststoreUri: `s3://${bucket}/truststore.pem`, truststoreVersion: "v1", warnings: [] },
    regionalDomainName: "d-1.execute-api.eu-west-2.amazonaws.com",
    certificateArn: `arn:aws:acm:eu-west-2:${api.account}:certificate/1`,
    mappings: [{ basePath: "", apiId: "api1", stage: api.stage }],
    apis: [
      {
        id: "api1",
        disableExecuteApiEndpoint: true,
        binaryMediaTypes: [],
        resources: [
          {
            id: "resource1",
            path: "/api",
            methods: [
              {
                httpMethod: "POST",
                authorizationType: "CUSTOM",
                authorizerId: "authorizer1",
                apiKeyRequired: false,
                requestParameters: {},
                requestModels: {},
              },
            ],
          },
        ],
        models: {},
        requestValidators: [],
        authorizers: [{ id: "authorizer1", type: "REQUEST", identitySources: [], resultTtlSeconds: 0 }],
        gatewayResponses: [],
        stages: [{ name: api.stage, deploymentId: "deployment2", variables: {}, methodSettings: {} }],
      },
    ],
  };
}

/** `of`: another environment, of which the checks that are asked need no more than the world has. */
export function examined(world: World, of: Environment = environment): Examined {
  const reader = (account: string): Reader => ({
    outputs: async () => world.outputs,
    object: async (_, key, version) => {
      const found = world.objects[key];
      return version !== undefined && found?.version !== version ? undefined : found;
    },
    bucketProtection: async () => world.protection,
    domain: async () => world.domain,
    newestDeployment: async () => world.newestDeployment,
    webAcl: async () => world.webAcl,
    loggingRole: async () => world.loggingRole,
    serverCertificate: async () => world.certificate,
    cname: async () => world.cname,
    functionEnvironment: async () => world.functionEnvironment,
    logGroups: async (prefix) => world.logGroups.filter((one) => one.name.startsWith(prefix)),
    trails: async () => {
      if (world.trails instanceof Error) throw world.trails;
      return world.trails;
    },
    schedule: async (name) => world.schedules[name],
    alarms: async (stack) => world.alarms[stack],
    role: async (name) => world.roles[`${account} ${name}`],
    managedPolicy: async (arn) => world.managedPolicies[arn],
    oidcAudiences: async (provider) => world.oidcAudiences[provider],
  });
  return { environment: of, now, reader };
}
