/**
 * Brings the CA to its configured state. Every step looks before it acts, so that running twice changes nothing and
 * a run that was cut short is finished by the next; one run at a time (lease).
 */
import { createHash } from "node:crypto";
import type { CaIssuer, ReconcileResult, ReportResult } from "#contract/ca-outputs.ts";
import type { CaConfiguration, RenewResult, RevokeIssuingResult } from "#contract/ca-requests.ts";
import type { DesiredState } from "#contract/desired-state.ts";
import { externalKeys } from "#contract/external-bucket.ts";
import { encodePem } from "#pki/pem.ts";
import { lintTruststore } from "#pki/truststore.ts";
import { readDesiredState } from "./desired-state.ts";
import { ensureGeneration, type HierarchyDependencies } from "./ensure-generation.ts";
import { ensureObject } from "./ensure-object.ts";
import { CaFault } from "./fault.ts";
import { type CompleteGeneration, completeGeneration } from "./generation.ts";
import { assertChangesAllowed } from "./generation-changes.ts";
import { Lease } from "./lease.ts";
import type { ReconcileOrder } from "./parse-requests.ts";
import { patiently } from "./patience.ts";
import type { Publish, StoredObject } from "./ports.ts";
import { type CrlSubject, ensureCrl } from "./publish-crl.ts";
import {
  assertNoClientForgotten,
  type ClientDependencies,
  reconcileClients,
  reconcileRevocations,
} from "./reconcile-clients.ts";
import { Refused } from "./refusal.ts";
import { report } from "./report.ts";
import { tellExpiring } from "./tell-expiring.ts";
import { wholeSeconds } from "./times.ts";
import { writeRevocation } from "./write-revocation.ts";

export interface ReconcileDependencies extends HierarchyDependencies, ClientDependencies {
  readonly publish: Publish;
  /** Names this run in the lease. */
  readonly run: string;
}

export type ReconcileAnswer = ReconcileResult | RenewResult | ReportResult | RevokeIssuingResult;

/** Throws Refused, unlike the other operations: see contract/ca-requests.ts, Refusal. */
export function reconcile(
  dependencies: ReconcileDependencies,
  order: ReconcileOrder,
): Promise<ReconcileAnswer> {
  if (order.action === "report") return reportOnly(dependencies);
  return Lease.during<ReconcileAnswer>(dependencies, "reconcile", dependencies.run, (lease) => {
    switch (order.action) {
      case "apply":
        return apply(dependencies, lease, order.configuration);
      case "renew":
        return renew(dependencies, lease);
      case "revoke-issuing":
        return revokeIssuing(dependencies, lease, order);
    }
  });
}

async function apply(
  dependencies: ReconcileDependencies,
  lease: Lease,
  configuration: CaConfiguration,
): Promise<ReconcileResult> {
  const { ledger, bucket, clock, publish, log } = dependencies;
  // 1. nothing that would lock clients out, or leave one behind unnoticed
  const desired = await readDesiredState(bucket, configuration.desiredState);
  await assertChangesAllowed(ledger, configuration, clock.now());
  await assertNoClientForgotten(ledger, desired, clock.now());

  // 2. hierarchy and root CRLs
  const generations: CompleteGeneration[] = [];
  for (const one of configuration.generations) {
    await lease.hold();
    const generation = await ensureGeneration(dependencies, configuration, one);
    await ensureCrl(dependencies, rootCrl(configuration, generation));
    generations.push(generation);
  }

  // 3. what the other functions work by, then the issuing CRLs
  await lease.hold();
  await saveConfiguration(dependencies, configuration);
  await patiently(clock, () => publish({ action: "publish", onlyWhereDue: true }));

  // 4. the truststore: whatever it admits has its CRLs by now
  await lease.hold();
  const accepted = generations.filter((_, index) => configuration.generations[index]?.status !== "retired");
  const truststore = await publishTruststore(dependencies, accepted);
  for (const one of accepted)
    if (!one.trustedSince) await ledger.markTrusted(one.id, wholeSeconds(clock.now()));
  const sha256 = createHash("sha256").update(truststore.body).digest("hex");

  // 5. revocations before certificates: a key that was lost must not be issued for
  await reconcileRevocations(dependencies, lease, desired);
  await reconcileClients(dependencies, lease, desired);
  log("reconciled", { truststoreVersion: truststore.version, truststoreSha256: sha256 });
  return {
    truststore: { uri: bucket.uri(externalKeys.truststore), version: truststore.version, sha256 },
    issuers: accepted.map(toIssuer),
    ...(await reported(dependencies, configuration, desired)),
  };
}

/** The report, a line of the log for each of its entries: alarms and people read those. */
async function reported(
  { ledger, clock, log }: ReconcileDependencies,
  configuration: CaConfiguration,
  desired: DesiredState,
): Promise<ReportResult> {
  const result = await report(ledger, configuration, desired, clock.now());
  for (const one of result.drift) log("drift", { ...one });
  for (const one of result.clientNotices) log("client-notice", { ...one });
  return result;
}

async function reportOnly(dependencies: ReconcileDependencies): Promise<ReportResult> {
  const configuration = await dependencies.ledger.configuration();
  if (!configuration)
    throw new Refused("not-ready", "the CA has no configuration yet: deploy the CA stack first");
  const desired = await readDesiredState(dependencies.bucket, configuration.desiredState);
  return report(dependencies.ledger, configuration, desired, dependencies.clock.now());
}

async function saveConfiguration(
  { ledger }: ReconcileDependencies,
  configuration: CaConfiguration,
): Promise<void> {
  const before = await ledger.configuration();
  if (JSON.stringify(before) !== JSON.stringify(configuration)) await ledger.saveConfiguration(configuration);
}

/** Issuing certificates and their roots; published anew only when the bucket does not hold exactly these bytes. */
async function publishTruststore(
  { bucket, clock, log }: ReconcileDependencies,
  accepted: readonly CompleteGeneration[],
): Promise<StoredObject> {
  const pem = accepted
    .flatMap(({ issuing, root }) => [issuing, root])
    .map(({ certificate }) => encodePem("CERTIFICATE", certificate.der))
    .join("");
  const { errors, warnings } = lintTruststore(pem, clock.now());
  if (errors.length > 0)
    throw new Refused(
      "truststore",
      `API Gateway would refuse this truststore: ${errors.map((finding) => finding.message).join("; ")}`,
    );
  if (warnings.length > 0)
    log("truststore-warnings", { warnings: warnings.map((finding) => finding.message) });
  return ensureObject(bucket, externalKeys.truststore, Buffer.from(pem), "application/x-pem-file");
}

async function renew(dependencies: ReconcileDependencies, lease: Lease): Promise<RenewResult> {
  const { ledger } = dependencies;
  const configuration = await ledger.configuration();
  const rootCrls: RenewResult["rootCrls"][number][] = [];
  // The schedule may come before the first deployment has finished.
  for (const { id } of configuration?.generations ?? []) {
    await lease.hold();
    const generation = completeGeneration(id, await ledger.generation(id));
    const { crl: _, ...report } = await ensureCrl(
      dependencies,
      rootCrl(configuration as CaConfiguration, generation),
    );
    rootCrls.push(report);
  }
  if (!configuration) return { rootCrls, drift: [], clientNotices: [] };
  await lease.hold();
  await tellExpiring(dependencies);
  const desired = await readDesiredState(dependencies.bucket, configuration.desiredState);
  return { rootCrls, ...(await reported(dependencies, configuration, desired)) };
}

async function revokeIssuing(
  dependencies: ReconcileDependencies,
  lease: Lease,
  { generation: id, reason }: Extract<ReconcileOrder, { action: "revoke-issuing" }>,
): Promise<RevokeIssuingResult> {
  const { ledger, clock, log } = dependencies;
  const configuration = await ledger.configuration();
  const known = await ledger.generation(id);
  if (!configuration || !known) throw new Refused("unknown-generation", `no generation ${id}`);
  const generation = completeGeneration(id, known);
  const { serial, notAfter } = generation.issuing.certificate;
  const issuer = generation.root.keyHash;
  const order = { action: "revoke", reason } as const;
  const now = wholeSeconds(clock.now());
  const { revocation } = await writeRevocation(ledger, { issuer, serial, notAfter }, order, now);
  await lease.hold();
  const published = await ensureCrl(dependencies, rootCrl(configuration, generation));
  if (!published.crl.find(serial))
    throw new CaFault("crl-lacks-serial", `the root CRL of ${id} does not show ${serial}: run it again`);
  const result = {
    generation: id,
    serial,
    reason: revocation.reason,
    revokedAt: revocation.revokedAt.toISOString(),
  };
  log("issuing-certificate-revoked", result);
  return { ...result, crlNumber: published.number };
}

const rootCrl = ({ crl }: CaConfiguration, { id, root }: CompleteGeneration): CrlSubject => ({
  generation: id,
  issuer: root,
  objectKey: externalKeys.rootCrl(id),
  lifetimeSeconds: crl.rootLifetimeDays * 86_400,
  // Root CRLs are renewed at half of their life: after a whole one, an entry was on one beyond its end.
  keepExpiredSeconds: crl.rootLifetimeDays * 86_400,
});

const toIssuer = ({ id, root, issuing }: CompleteGeneration): CaIssuer => ({
  generation: id,
  issuingFingerprint: issuing.certificate.fingerprint,
  issuingCrlKey: externalKeys.issuingCrl(id),
  rootFingerprint: root.certificate.fingerprint,
  rootCrlKey: externalKeys.rootCrl(id),
});
