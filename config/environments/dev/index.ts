/** The first real environment: a CA account and an API account of the development landing zone. */
import { environment } from "#config/environment.ts";
import { clientProfile } from "#config/profiles.ts";

export const dev = environment({
  name: "dev",
  tier: "sandbox",
  tags: { project: "mtls-api", environment: "dev" },
  operators: ["arn:aws:iam::777788889999:role/mtls-api-pipeline"],
  delivery: { github: { repository: "example-org/mtls-api" } },
  ca: {
    account: "111122223333",
    region: "eu-west-2",
    state: { bucket: "mtls-api-dev-state-111122223333", region: "eu-west-2" },
    organization: "Example Ltd",
    engine: { kind: "kms", generations: [{ id: "g1", status: "active" }] },
    profiles: { client: clientProfile("Example Ltd") },
    crl: { lifetimeHours: 24, publishEveryMinutes: 10, maxAgeMinutes: 30, rootLifetimeDays: 90 },
  },
  apis: [
    {
      name: "api",
      account: "444455556666",
      region: "eu-west-2",
      state: { bucket: "mtls-api-dev-state-444455556666", region: "eu-west-2" },
      stage: "dev",
      domain: "api.dev.example.com",
      zone: { name: "dev.example.com" },
      authorizer: {
        rules: [{ name: "partners", routes: "all", subject: { OU: { equals: "Partners" } } }],
        // Certificate-bound access tokens for the routes that ask for scopes.
        tokens: {
          kind: "jwt",
          issuer: "https://tokens.dev.example.com",
          audience: "https://api.dev.example.com",
          keys: { url: "https://tokens.dev.example.com/jwks" },
        },
      },
      logs: { retentionDays: 30 },
    },
  ],
});
