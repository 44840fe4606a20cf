/** Settings of a whole edge, for tests. */
import { defaultEdgeLimits, type EdgeSettings } from "#contract/private-edge.ts";

export const sampleSettings: EdgeSettings = {
  region: "eu-west-2",
  serverNames: ["edge.dev.example.com"],
  port: 443,
  healthPort: 80,
  truststore: {
    bucket: "dev-ca-external-111111111111",
    region: "eu-west-1",
    key: "truststore.pem",
    version: "t1",
    sha256: "a".repeat(64),
  },
  issuers: [
    {
      generation: "g1",
      issuingFingerprint: "b".repeat(64),
      issuingCrlKey: "crl/g1-issuing.crl",
      rootFingerprint: "c".repeat(64),
      rootCrlKey: "crl/g1-root.crl",
    },
  ],
  maxAge: { issuingSeconds: 1800, rootSeconds: 90 * 86_400 },
  serverCertificateSecretArn:
    "arn:aws:secretsmanager:eu-west-2:222222222222:secret:dev-api-edge-server-abcdef",
  edgeSecretArn: "arn:aws:secretsmanager:eu-west-2:222222222222:secret:dev-api-edge-secret-abcdef",
  upstream: {
    address: "vpce-0123456789abcdef0-abcdefgh.execute-api.eu-west-2.vpce.amazonaws.com",
    port: 443,
    host: "a1b2c3d4e5.execute-api.eu-west-2.amazonaws.com",
    pathPrefix: "/dev",
  },
  limits: defaultEdgeLimits,
  refreshSeconds: 60,
};

export const tokenEndpoint: NonNullable<EdgeSettings["tokenEndpoint"]> = {
  port: 8443,
  upstream: { address: "as.example.com", port: 443, host: "as.example.com", pathPrefix: "" },
};
