/**
 * `npm start -- --check`: every promise of the running system, shown on the running system. Each refusal is told
 * by its step and code (or by the gateway's reason), and has a twin in the same run that is allowed.
 */
import { leastPrivilege, noPrivateKey } from "./checks/accounts.ts";
import { alarms } from "./checks/alarms.ts";
import { apiElsewhere } from "./checks/api-elsewhere.ts";
import { authlete } from "./checks/authlete.ts";
import { backend, customerInfo } from "./checks/backend.ts";
import { badEvents } from "./checks/bad-events.ts";
import {
  certificateOfAnotherCa,
  expiredCertificate,
  goodCertificate,
  noCertificate,
  selfSignedCertificate,
  serverCertificate,
  wrongUnit,
} from "./checks/certificates.ts";
import { destroyed, secondGeneration } from "./checks/deployment.ts";
import { doctor } from "./checks/doctor.ts";
import { accessLog, executeApi, missingPermission, unknownPath, wrongHost } from "./checks/edge.ts";
import { firewall } from "./checks/firewall.ts";
import { foundation } from "./checks/foundation.ts";
import { gitOps } from "./checks/gitops.ts";
import { introspection } from "./checks/introspection.ts";
import { notifications } from "./checks/notifications.ts";
import { bucketOutOfReach, staleCrl } from "./checks/outage.ts";
import * as edge from "./checks/private-edge.ts";
import * as running from "./checks/private-edge-operation.ts";
import { quotas } from "./checks/quotas.ts";
import { forgedCrls, revoke } from "./checks/revocation.ts";
import { issuerRevoked, rotation } from "./checks/rotation.ts";
import { routes } from "./checks/routes.ts";
import * as tls from "./checks/tls-engine.ts";
import { failingTokenService } from "./checks/token-service.ts";
import { tokens } from "./checks/tokens.ts";
import type { CheckContext } from "./context.ts";

type Check = readonly [number: number, title: string, run: (at: CheckContext) => Promise<void>];

/** In this order: 56 counts on from 31, 14, 19 and 20 change what is deployed, 15 searches what all others have left, 18 ends it. */
const checks: readonly Check[] = [
  [1, "good certificate", goodCertificate],
  [2, "no certificate", noCertificate],
  [3, "self-signed certificate", selfSignedCertificate],
  [4, "certificate of another CA", certificateOfAnotherCa],
  [5, "expired certificate", expiredCertificate],
  [6, "server certificate", serverCertificate],
  [7, "wrong OU", wrongUnit],
  [8, "execute-api address", executeApi],
  [9, "wrong Host and SNI", wrongHost],
  [10, "unknown path", unknownPath],
  [11, "revocation", revoke],
  [12, "forged CRLs", forgedCrls],
  [24, "S3 out of reach", bucketOutOfReach],
  [25, "stale CRL", staleCrl],
  [13, "access log", accessLog],
  [30, "firewall", firewall],
  [31, "quotas", quotas],
  [56, "one quota for both ways", edge.edgeQuota],
  [32, "alarms", alarms],
  [33, "backend", backend],
  [34, "customer information", customerInfo],
  [36, "routes", routes],
  [50, "private edge: good certificate", edge.edgeGoodCertificate],
  [51, "private edge: refused by NGINX", edge.edgeRefusals],
  [52, "private edge: forged headers", edge.edgeForgedHeaders],
  [53, "private edge: past NGINX", edge.edgePastNginx],
  [54, "private edge: revocation", running.edgeRevocation],
  [55, "private edge: backend", edge.edgeBackend],
  [57, "private edge: broken CRL", running.edgeBrokenCrl],
  [58, "private edge: rotation of its secret", running.edgeRotation],
  [59, "private edge: an instance", running.edgeInstance],
  [23, "certificate-bound tokens", tokens],
  [26, "introspection", introspection],
  [27, "Authlete", authlete],
  [28, "failing token service", failingTokenService],
  [60, "private edge: token endpoint", running.edgeTokens],
  [29, "bad events", badEvents],
  [16, "missing Lambda permission", missingPermission],
  [17, "least privilege", leastPrivilege],
  [45, "foundation", foundation],
  [22, "notifications", notifications],
  [40, "doctor", doctor],
  [14, "second generation", secondGeneration],
  [19, "clients and revocations of the configuration", gitOps],
  [37, "an API in another account", apiElsewhere],
  [20, "rotation", rotation],
  [21, "issuing certificate revoked", issuerRevoked],
  [15, "no private key anywhere", noPrivateKey],
  [18, "destroy", destroyed],
];

/** Numbered as their twins above. */
const tlsChecks: readonly Check[] = [
  [1, "calls", tls.calls],
  [35, "second API on the same CA", tls.secondApi],
  [14, "plans", tls.empty],
  [15, "private keys", tls.keysInTheState],
  [18, "destroy", destroyed],
];

/** Runs all checks; one that breaks is a failed row, and the next one still runs. */
export async function runChecks(
  at: CheckContext,
  onCheck: (title: string, run: () => Promise<void>) => Promise<void>,
): Promise<void> {
  for (const [number, title, run] of at.environment.ca.engine.kind === "tls" ? tlsChecks : checks)
    await onCheck(`check ${number}: ${title}`, async () => {
      try {
        await run(at);
      } catch (error) {
        at.report.broken(number, title, error);
      }
    });
}
