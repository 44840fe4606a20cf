/**
 * A sandbox without KMS: hashicorp/tls makes every certificate in Terraform, and everything is in one account. Private
 * keys lie in the state, nobody can be revoked: for trying things out, and for nothing else (docs/engines.md).
 * It has two APIs, in two regions, which let in different clients of the one CA.
 */
import { environment } from "#config/environment.ts";
import { clientProfile } from "#config/profiles.ts";

export const tls = environment({
  name: "tls",
  tier: "sandbox",
  tags: { project: "mtls-api", environment: "tls" },
  operators: ["arn:aws:iam::444444444444:root"],
  ca: {
    account: "444444444444",
    region: "eu-west-2",
    state: { bucket: "mtls-api-tls-state-444444444444", region: "eu-west-2" },
    organization: "Example Ltd",
    engine: {
      kind: "tls",
      generatedClients: [
        { name: "partner-a", profile: "client", subject: { CN: "partner-a", OU: "Partners" } },
        { name: "stranger", profile: "client", subject: { CN: "stranger", OU: "Strangers" } },
      ],
    },
    // Its holder made the key and kept it.
    clients: [{ name: "partner-b", csr: "clients/partner-b.csr", profile: "client" }],
    profiles: { client: clientProfile("Example Ltd") },
  },
  apis: [
    {
      name: "api",
      account: "444444444444",
      region: "eu-west-2",
      state: { bucket: "mtls-api-tls-state-444444444444", region: "eu-west-2" },
      stage: "tls",
      domain: "api.tls.example.com",
      zone: { name: "tls.example.com" },
      authorizer: {
        revocation: "off",
        rules: [{ name: "partners", routes: "all", subject: { OU: { equals: "Partners" } } }],
      },
      logs: { retentionDays: 7 },
    },
    {
      name: "ireland",
      account: "444444444444",
      region: "eu-west-1",
      state: { bucket: "mtls-api-tls-state-444444444444", region: "eu-west-2" },
      stage: "tls",
      domain: "ireland.tls.example.com",
      zone: { name: "tls.example.com" },
      authorizer: {
        revocation: "off",
        rules: [
          { name: "partners", routes: ["GET /cust-info/v1/data"], subject: { OU: { equals: "Partners" } } },
          { name: "strangers", routes: "all", subject: { OU: { equals: "Strangers" } } },
        ],
      },
      logs: { retentionDays: 14 },
    },
  ],
});
