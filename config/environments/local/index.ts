/** The system on one machine (`npm start`): two made-up accounts of the embedded AWS. */
import { environment } from "#config/environment.ts";
import { clientProfile, serverProfile } from "#config/profiles.ts";

export const local = environment({
  name: "local",
  tier: "sandbox",
  tags: { project: "mtls-api", environment: "local" },
  operators: ["arn:aws:iam::333333333333:root"],
  delivery: { github: { repository: "example-org/mtls-api" } },
  ca: {
    account: "111111111111",
    region: "eu-west-2",
    state: { bucket: "mtls-api-local-state-111111111111", region: "eu-west-2" },
    organization: "Example Ltd",
    engine: { kind: "kms", generations: [{ id: "g1", status: "active" }] },
    profiles: { client: clientProfile("Example Ltd"), server: serverProfile("Example Ltd") },
    // Whoever onboards partners by a program of its own; its names only, and only what it asked for itself.
    callers: [
      {
        name: "onboarding",
        principal: "arn:aws:iam::333333333333:root",
        profiles: ["client"],
        names: ["partner-[a-z0-9-]+"],
        mayRevoke: true,
      },
    ],
    // Short, so that a run can see an older, validly signed CRL refused for its age.
    crl: { lifetimeHours: 24, publishEveryMinutes: 1, maxAgeMinutes: 4, rootLifetimeDays: 90 },
  },
  apis: [
    {
      name: "api",
      account: "222222222222",
      region: "eu-west-2",
      state: { bucket: "mtls-api-local-state-222222222222", region: "eu-west-2" },
      stage: "local",
      domain: "api.local.example.com",
      zone: { name: "local.example.com" },
      authorizer: {
        rules: [
          { name: "partners", routes: "all", subject: { OU: { equals: "Partners" } } },
          // Little, so that a run can see it used up.
          { name: "trial", routes: "all", subject: { OU: { equals: "Trial" } }, quota: "trial" },
        ],
        refreshSeconds: 2,
        maxOutageSeconds: 10,
      },
      // The gateway reaches it on loopback (local/backend/).
      backend: {
        url: "https://pets.local.example.com",
        readers: ["arn:aws:iam::333333333333:role/pets-backend"],
      },
      cors: { origin: "https://app.local.example.com" },
      // One address of this machine, so that a run can call from another. AWS's own rules are not evaluated here.
      firewall: { allow: ["127.0.0.1/32", "2001:db8::/32"], ratePerFiveMinutes: 20_000 },
      quotas: {
        plans: {
          standard: { ratePerSecond: 100, burst: 200 },
          trial: { ratePerSecond: 1, burst: 2, requests: { limit: 6, per: "DAY" } },
        },
        default: "standard",
      },
      // NGINX in front of a private API, in a network made for it.
      privateEdge: {
        network: { kind: "made", cidr: "10.64.0.0/24", zones: ["eu-west-2a", "eu-west-2b"] },
        serverName: "api.internal.example.com",
        zone: { name: "internal.example.com" },
        serverCertificate: { secret: "local/edge-server-certificate" },
        accessFrom: ["10.0.0.0/8"],
        tokenEndpoint: { url: "https://tokens.local.example.com", ranges: ["10.65.0.0/24"] },
      },
      alarms: { emails: ["operations@example.com"] },
      logs: { retentionDays: 7 },
    },
  ],
});
