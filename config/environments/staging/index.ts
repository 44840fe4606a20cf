/** What production will be tomorrow: its shape, its times, accounts of its own. */
import { environment } from "#config/environment.ts";
import { clientProfile } from "#config/profiles.ts";

export const staging = environment({
  name: "staging",
  tier: "staging",
  tags: { project: "mtls-api", environment: "staging" },
  operators: ["arn:aws:iam::777788889999:role/mtls-api-pipeline"],
  delivery: { github: { repository: "example-org/mtls-api" } },
  ca: {
    account: "123412341234",
    region: "eu-west-2",
    state: { bucket: "mtls-api-staging-state-123412341234", region: "eu-west-2" },
    organization: "Example Ltd",
    engine: { kind: "kms", generations: [{ id: "g1", status: "active" }] },
    profiles: { client: clientProfile("Example Ltd") },
    crl: { lifetimeHours: 48, publishEveryMinutes: 5, maxAgeMinutes: 30, rootLifetimeDays: 180 },
  },
  apis: [
    {
      name: "api",
      account: "567856785678",
      region: "eu-west-2",
      state: { bucket: "mtls-api-staging-state-567856785678", region: "eu-west-2" },
      stage: "staging",
      domain: "api.staging.example.com",
      // The names of all stages belong to a network account.
      zone: { name: "staging.example.com", account: "909090909090" },
      authorizer: {
        rules: [{ name: "partners", routes: "all", subject: { OU: { equals: "Partners" } } }],
      },
      backend: {
        url: "https://pets.staging.example.com",
        readers: ["arn:aws:iam::999988887777:role/pets-backend"],
      },
      firewall: { allow: ["203.0.113.0/24", "2001:db8:10::/48"], ratePerFiveMinutes: 2_000 },
      quotas: {
        plans: {
          standard: { ratePerSecond: 20, burst: 40, requests: { limit: 1_000_000, per: "MONTH" } },
          large: { ratePerSecond: 200, burst: 400 },
        },
        default: "standard",
      },
      // For the group's own systems, in the network that they share.
      privateEdge: {
        network: {
          kind: "given",
          vpcId: "vpc-0a1b2c3d4e5f60718",
          subnetIds: ["subnet-0a1b2c3d4e5f60718", "subnet-0a1b2c3d4e5f60719"],
          services: { kind: "given", securityGroupId: "sg-0a1b2c3d4e5f60718" },
        },
        serverName: "api.internal.example.com",
        zone: { name: "internal.example.com" },
        serverCertificate: { secret: "staging/edge-server-certificate" },
        accessFrom: ["10.20.0.0/16"],
      },
      alarms: { emails: ["staging@example.com"] },
      logs: { retentionDays: 90 },
    },
  ],
});
