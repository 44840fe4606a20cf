/**
 * An API for the clients of an authority that is not ours: its bundle and its root's CRL are files here, the CRL of
 * its issuing CA is fetched from its own bucket every few minutes (docs/engines.md).
 */
import { environment } from "#config/environment.ts";

export const existing = environment({
  name: "existing",
  tier: "sandbox",
  tags: { project: "mtls-api", environment: "existing" },
  operators: ["arn:aws:iam::777788889999:role/mtls-api-pipeline"],
  ca: {
    account: "555566667777",
    region: "eu-west-2",
    state: { bucket: "mtls-api-existing-state-555566667777", region: "eu-west-2" },
    organization: "Example Ltd",
    engine: {
      kind: "existing",
      bundle: "ca/truststore.pem",
      issuers: [
        {
          generation: "g1",
          issuing:
            "BD:3D:18:A3:59:91:84:A0:C7:CB:34:D5:82:EC:89:AA:2E:1B:CF:17:C1:07:25:C2:F8:8F:E3:CF:CD:6E:E4:60",
          root: "0D:33:77:B4:F4:E8:5B:F9:18:4A:E4:94:9D:96:BC:5B:0F:D7:F0:F2:9A:8B:74:B7:CD:14:AB:6C:55:6F:F0:DD",
          crls: {
            issuing: {
              bucket: "other-ca-external-888899990000",
              key: "crl/issuing.crl",
              region: "eu-west-2",
            },
            root: { file: "ca/root.crl" },
          },
        },
      ],
    },
    // The other CA publishes every hour: a list that is three hours old is believed no more.
    crl: { lifetimeHours: 24, publishEveryMinutes: 10, maxAgeMinutes: 180, rootLifetimeDays: 400 },
  },
  apis: [
    {
      name: "api",
      account: "666677778888",
      region: "eu-west-2",
      state: { bucket: "mtls-api-existing-state-666677778888", region: "eu-west-2" },
      stage: "existing",
      domain: "api.existing.example.com",
      zone: { name: "existing.example.com" },
      authorizer: {
        rules: [{ name: "partners", routes: "all", subject: { OU: { equals: "Partners" } } }],
      },
      // NGINX before a server of one's own: no private API; endpoints are made in a network that is there.
      privateEdge: {
        network: {
          kind: "given",
          vpcId: "vpc-0f1e2d3c4b5a69788",
          subnetIds: ["subnet-0f1e2d3c4b5a69788", "subnet-0f1e2d3c4b5a69789"],
          services: { kind: "made", routeTableIds: ["rtb-0f1e2d3c4b5a69788"] },
        },
        serverName: "orders.internal.example.com",
        zone: { name: "internal.example.com" },
        serverCertificate: { secret: "existing/edge-server-certificate" },
        instances: { image: "ami-0f1e2d3c4b5a69788" },
        accessFrom: ["10.30.0.0/16"],
        urlToProxy: { url: "https://orders.backend.example.com", ranges: ["10.30.4.0/24"] },
      },
      logs: { retentionDays: 30 },
    },
  ],
});
