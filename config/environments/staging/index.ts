/** What production will be tomorrow: its shape, its times, accounts of its own. */
import { environment } from "#config/environment.ts";
import { clientProfile } from "#config/profiles.ts";

export const staging = environment({
  name: "staging",
  tier: "staging",
  tags: { project: "mtls-api", environment: "staging" },
  operators: ["arn:aws:iam::777788889999:role/mtls-api-pipeline"],
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
      zone: { name: "staging.example.com" },
      authorizer: {
        rules: [{ name: "partners", routes: "all", subject: { OU: { equals: "Partners" } } }],
      },
      backend: {
        url: "https://pets.staging.example.com",
        readers: ["arn:aws:iam::999988887777:role/pets-backend"],
      },
      logs: { retentionDays: 90 },
    },
  ],
});
