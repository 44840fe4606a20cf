/**
 * Issues a leaf: permit → prepare (check, build, lint) → record → sign → verify → store → mark issued. The steps have
 * the numbers of docs/issuance.md.
 *
 * Guarantees: nothing is signed that the caller's permission, the profile or the lint refuses; the ledger knows every
 * serial before its certificate can exist; a key never serves two names. A run that ends in a fault leaves at most a
 * recorded serial behind (which can be revoked); the next run takes a new one.
 */
import type { CaConfiguration, IssueRequest, IssueResult, Refusal } from "#contract/ca-requests.ts";
import { externalKeys, issuingCertificateUrl, issuingCrlUrl } from "#contract/external-bucket.ts";
import { caAliases } from "#contract/names.ts";
import { parseCertificate } from "#pki/certificate.ts";
import { type Csr, parseCsr } from "#pki/csr.ts";
import { type LeafOptions, prepareLeaf } from "#pki/issue.ts";
import { assertLintedCertificate } from "#pki/lint/index.ts";
import { encodeName, formatName, parseName } from "#pki/name.ts";
import { decodeOnePem, encodePem } from "#pki/pem.ts";
import { applyProfile } from "#pki/profile.ts";
import type { Unsigned } from "#pki/unsigned.ts";
import { bindClient, earlierCertificate } from "./client-certificate.ts";
import { CaFault } from "./fault.ts";
import { type Authority, type CompleteGeneration, completeGeneration } from "./generation.ts";
import { assertMayName, assertMayUseProfile, permissionsOf } from "./permissions.ts";
import type { Clock, ExternalBucket, Ledger, Log, Signer } from "./ports.ts";
import { answer, Refused, refusing } from "./refusal.ts";
import { signAndVerify } from "./sign.ts";
import { wholeSeconds } from "./times.ts";

export interface IssueDependencies {
  readonly ledger: Ledger;
  readonly signer: Signer;
  readonly bucket: ExternalBucket;
  readonly clock: Clock;
  readonly log: Log;
  readonly newSerial: () => string;
}

type Leaf = Omit<LeafOptions, "serial">;

export function issueCertificate(
  dependencies: IssueDependencies,
  request: IssueRequest,
  caller: string,
): Promise<IssueResult | Refusal> {
  return answer(() => issue(dependencies, request, caller));
}

async function issue(
  dependencies: IssueDependencies,
  request: IssueRequest,
  caller: string,
): Promise<IssueResult> {
  const { ledger, bucket, clock, log } = dependencies;
  const now = wholeSeconds(clock.now());

  // 1. permit
  const configuration = await ledger.configuration();
  const permissions = permissionsOf(configuration, caller);
  const { client } = request;
  if (client !== undefined && caller !== caAliases.reconcile)
    throw new Refused("not-permitted", "client: only the configuration names clients");
  assertMayUseProfile(permissions, request.profile);

  // 2. prepare
  const csr = refusing("csr", () => parseCsr(decodeOnePem(request.csr, "CERTIFICATE REQUEST")));
  const before = client === undefined ? undefined : await ledger.client(client);
  const earlier = await earlierCertificate(dependencies, before, csr);
  if (earlier) return earlier;
  const generation = await activeGeneration(ledger, configuration);
  const leaf = prepare(generation, csr, request, now);
  assertMayName(permissions, leaf);
  await bindKey(ledger, leaf.publicKey.hash, nameOf(leaf));
  await ledger.extendLastLeaf(generation.id, leaf.notAfter);

  // 3. record
  const { keyArn, keyHash: issuer, certificate } = generation.issuing;
  const { serial, unsigned } = await record(dependencies, generation, leaf, { ...request, caller }, now);
  if (client !== undefined)
    await bindClient(
      dependencies,
      before,
      csr,
      { ...request, client },
      { generation: generation.id, issuer, serial, notAfter: leaf.notAfter },
    );

  // 4. sign and verify
  const der = await signAndVerify(dependencies, { keyArn, publicKey: certificate.publicKey }, unsigned);
  const issued = parseCertificate(der);

  // 5. store
  const pem = encodePem("CERTIFICATE", der);
  const key = externalKeys.leafCertificate(generation.id, serial);
  await bucket.put(key, Buffer.from(pem), "application/x-pem-file", { absent: true });

  // 6. mark issued
  await ledger.markIssued(issuer, serial, der, now);
  log("issued", {
    generation: generation.id,
    serial,
    caller,
    ...(client === undefined ? {} : { client }),
    profile: request.profile,
    subject: formatName(issued.subject),
    fingerprint: issued.fingerprint,
    notAfter: issued.notAfter.toISOString(),
  });
  return {
    generation: generation.id,
    serial,
    certificate: pem,
    issuingCertificate: encodePem("CERTIFICATE", certificate.der),
    notAfter: issued.notAfter.toISOString(),
  };
}

interface Issuer extends CompleteGeneration {
  readonly profiles: CaConfiguration["profiles"];
  readonly publicUrl?: string;
}

async function activeGeneration(ledger: Ledger, configuration: CaConfiguration | undefined): Promise<Issuer> {
  const active = configuration?.generations.find((one) => one.status === "active");
  if (!configuration || !active)
    throw new Refused("not-ready", "the CA has no configuration yet: deploy the CA stack first");
  const generation = completeGeneration(active.id, await ledger.generation(active.id));
  const { root, issuing } = generation;
  if (await ledger.revocation(root.keyHash, issuing.certificate.serial))
    throw new Refused(
      "issuing-certificate-revoked",
      `the issuing certificate of generation ${active.id} is revoked: make another generation active`,
    );
  const { publicUrl } = active;
  return { ...generation, profiles: configuration.profiles, ...(publicUrl ? { publicUrl } : {}) };
}

function prepare(generation: Issuer, csr: Csr, request: IssueRequest, now: Date): Leaf {
  const profile = Object.hasOwn(generation.profiles, request.profile)
    ? generation.profiles[request.profile]
    : undefined;
  if (!profile)
    throw new Refused(
      "unknown-profile",
      `no profile "${request.profile}"; one of ${Object.keys(generation.profiles).join(", ")}`,
    );
  const { issuing, publicUrl } = generation;
  return refusing("profile", () => ({
    ...applyProfile({
      profile,
      csr,
      issuer: issuing.certificate,
      now,
      ...(request.validSeconds === undefined ? {} : { validSeconds: request.validSeconds }),
    }),
    issuer: issuing.certificate,
    ...(publicUrl === undefined
      ? {}
      : {
          crlDistributionPoint: issuingCrlUrl(publicUrl, generation.id),
          caIssuers: issuingCertificateUrl(publicUrl, generation.id),
        }),
  }));
}

/** The whole identity that a key is bound to: the subject, or the alternative names where it is empty. */
function nameOf({ subject, subjectAltNames }: Leaf): string {
  if (subject.length > 0) return encodeName(subject).toString("hex");
  return JSON.stringify(subjectAltNames.map(({ kind, value }) => `${kind}:${value}`).sort());
}

async function bindKey(ledger: Ledger, keyHash: string, name: string): Promise<void> {
  const binding = await ledger.bindKey(keyHash, name);
  if (binding === "compromised")
    throw new Refused("key-compromised", "this key was revoked as compromised: make a new key");
  if (binding === "other-name")
    throw new Refused("key-of-another-name", "this key was already used under another name: make a new key");
}

async function record(
  { ledger, newSerial }: IssueDependencies,
  { id, issuing }: { readonly id: string; readonly issuing: Authority },
  leaf: Leaf,
  { profile, caller, client }: Pick<IssueRequest, "profile" | "client"> & { readonly caller: string },
  now: Date,
): Promise<{ serial: string; unsigned: Unsigned }> {
  for (let attempt = 0; attempt < 3; attempt++) {
    const serial = newSerial();
    const unsigned = prepareLeaf({ ...leaf, serial });
    refusing("certificate", () => assertLintedCertificate(unsigned, issuing.certificate));
    const isNew = await ledger.recordCertificate({
      issuer: issuing.keyHash,
      serial,
      generation: id,
      profile,
      subject: formatName(parseName(encodeName(leaf.subject))),
      notBefore: leaf.notBefore,
      notAfter: leaf.notAfter,
      keyHash: leaf.publicKey.hash,
      recordedAt: now,
      caller,
      ...(client === undefined ? {} : { client }),
    });
    if (isNew) return { serial, unsigned };
  }
  throw new CaFault(
    "serial-exhausted",
    "three random serials in a row exist: the source of randomness is broken",
  );
}
