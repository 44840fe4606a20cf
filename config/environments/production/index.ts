/** Production: keys, ledger and published files are protected against destruction; logs stay for a year. */
import { environment } from "#config/environment.ts";
import { clientProfile } from "#config/profiles.ts";

export const production = environment({
  name: "production",
  tier: "production",
  tags: { project: "mtls-api", environment: "production" },
  operators: ["arn:aws:iam::777788889999:role/mtls-api-pipeline"],
  delivery: { github: { repository: "example-org/mtls-api" } },
  ca: {
    account: "210987654321",
    region: "eu-west-2",
    state: { bucket: "mtls-api-production-state-210987654321", region: "eu-west-2" },
    organization: "Example Ltd",
    engine: { kind: "kms", generations: [{ id: "g1", status: "active" }] },
    profiles: { client: clientProfile("Example Ltd") },
    // A revoked certificate is out within minutes; the price: half an hour without a publication denies everybody.
    crl: { lifetimeHours: 48, publishEveryMinutes: 5, maxAgeMinutes: 30, rootLifetimeDays: 180 },
    notifications: { emails: ["security@example.com", "operations@example.com"] },
  },
  apis: [
    {
      name: "api",
      account: "345678901234",
      region: "eu-west-2",
      state: { bucket: "mtls-api-production-state-345678901234", region: "eu-west-2" },
      stage: "production",
      domain: "api.example.com",
      zone: { name: "example.com" },
      authorizer: {
        rules: [{ name: "partners", routes: "all", subject: { OU: { equals: "Partners" } } }],
      },
      backend: {
        url: "https://pets.example.com",
        readers: ["arn:aws:iam::999900001111:role/pets-backend"],
      },
      throttle: { ratePerSecond: 1000, burst: 2000 },
      firewall: { allow: ["203.0.113.0/24", "2001:db8:10::/48"], ratePerFiveMinutes: 10_000 },
      quotas: {
        plans: {
          standard: { ratePerSecond: 20, burst: 40, requests: { limit: 1_000_000, per: "MONTH" } },
          large: { ratePerSecond: 200, burst: 400 },
        },
        default: "standard",
      },
      alarms: { emails: ["operations@example.com"] },
      logs: { retentionDays: 365 },
    },
  ],
});
