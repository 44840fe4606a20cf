/**
 * Creates what a generation lacks: root certificate, then issuing certificate. Each: prepare → lint → record →
 * sign → verify → commit. The first certificate that is committed to the ledger stays for ever, so that two runs,
 * or a run after a fault, end with one hierarchy.
 */
import type { CaConfiguration, GenerationConfiguration } from "#contract/ca-requests.ts";
import { externalKeys } from "#contract/external-bucket.ts";
import { caAliases } from "#contract/names.ts";
import { parseCertificate } from "#pki/certificate.ts";
import { PkiError } from "#pki/errors.ts";
import { prepareIssuing, prepareRoot } from "#pki/issue.ts";
import { assertLintedCertificate } from "#pki/lint/index.ts";
import { encodeName, formatName, type NameAttribute, parseName } from "#pki/name.ts";
import { encodePem } from "#pki/pem.ts";
import { type PublicKey, parsePublicKey } from "#pki/public-key.ts";
import type { Unsigned } from "#pki/unsigned.ts";
import { ensureObject } from "./ensure-object.ts";
import { CaFault } from "./fault.ts";
import {
  type Authority,
  type CompleteGeneration,
  completeGeneration,
  type NewCaCertificate,
} from "./generation.ts";
import { patiently } from "./patience.ts";
import type { Clock, ExternalBucket, Ledger, Log, Signer } from "./ports.ts";
import { Refused } from "./refusal.ts";
import { signAndVerify } from "./sign.ts";
import { backdated, wholeSeconds } from "./times.ts";

/** A root outlives the two issuing certificates that a generation could at most want; then comes a new generation. */
const rootYears = 10;
/** Long enough that a rotation is rare, short enough that its algorithms still stand in the end. */
const issuingYears = 5;

export interface HierarchyDependencies {
  readonly ledger: Ledger;
  readonly signer: Signer;
  readonly bucket: ExternalBucket;
  readonly clock: Clock;
  readonly log: Log;
  readonly newSerial: () => string;
}

type Which = "root" | "issuing";

export async function ensureGeneration(
  dependencies: HierarchyDependencies,
  configuration: CaConfiguration,
  { id, rootKeyArn, issuingKeyArn }: GenerationConfiguration,
): Promise<CompleteGeneration> {
  const { ledger, bucket } = dependencies;
  const known = await ledger.generation(id);
  assertSameKey(id, "root", known?.root, rootKeyArn);
  assertSameKey(id, "issuing", known?.issuing, issuingKeyArn);
  if (!known?.root) await create(dependencies, configuration, id, "root", rootKeyArn);
  if (!known?.issuing) await create(dependencies, configuration, id, "issuing", issuingKeyArn);

  const generation = completeGeneration(id, await ledger.generation(id));
  for (const which of ["root", "issuing"] as const) {
    const { certificate } = generation[which];
    await finishRecord(dependencies, generation.root.keyHash, generation[which]);
    const pem = Buffer.from(encodePem("CERTIFICATE", certificate.der));
    await ensureObject(bucket, externalKeys.caCertificate(id, which), pem, "application/x-pem-file");
    const derKey = externalKeys.caCertificateDer(id, which);
    await ensureObject(bucket, derKey, certificate.der, "application/pkix-cert");
  }
  return generation;
}

/** A generation is its keys: other keys under its name would be another CA. */
function assertSameKey(id: string, which: Which, known: NewCaCertificate | undefined, arn: string): void {
  if (known && known.keyArn !== arn)
    throw new Refused(
      "generation-keys-changed",
      `generation ${id} was made with the ${which} key ${known.keyArn}, the configuration says ${arn}: keys are never exchanged, add a new generation`,
    );
}

async function create(
  dependencies: HierarchyDependencies,
  configuration: CaConfiguration,
  id: string,
  which: Which,
  keyArn: string,
): Promise<void> {
  const { ledger, signer, clock, log, newSerial } = dependencies;
  const now = wholeSeconds(clock.now());
  const publicKey = parsePublicKey(await patiently(clock, () => signer.publicKey(keyArn)));
  if (await isPublished(dependencies, id, which, publicKey)) return;
  const subject = subjectOf(configuration, id, which);
  if ((await ledger.bindKey(publicKey.hash, encodeName(subject).toString("hex"))) !== "bound")
    throw new Refused(
      "key-of-another-name",
      `the ${which} key of generation ${id} was already used under another name: every CA has a key of its own`,
    );

  const root = which === "issuing" ? await openRoot(ledger, id) : undefined;
  const serial = newSerial();
  const unsigned = prepare(root, { publicKey, subject, serial, notBefore: backdated(now) }, now);
  assertLintedCertificate(unsigned, root?.certificate);

  const issuer = root?.keyHash ?? publicKey.hash;
  const isNew = await ledger.recordCertificate({
    issuer,
    serial,
    generation: id,
    profile: which,
    subject: formatSubject(subject),
    notBefore: backdated(now),
    notAfter: endOf(which, now),
    keyHash: publicKey.hash,
    recordedAt: now,
    caller: caAliases.reconcile,
  });
  if (!isNew) throw new CaFault("serial-exhausted", "a random serial exists: run it again");

  const key = root ? { keyArn: root.keyArn, publicKey: root.certificate.publicKey } : { keyArn, publicKey };
  const certificate = await signAndVerify(dependencies, key, unsigned);
  const isFirst = await ledger.saveCaCertificate(id, which, { keyArn, keyHash: publicKey.hash, certificate });
  log(isFirst ? "ca-created" : "ca-exists", { generation: id, ca: which, serial });
}

/**
 * A CA certificate is in the ledger before it is in the bucket. One that the bucket alone knows was forgotten: a second
 * one for the same key would begin anew with serials, CRL numbers and no revocation.
 */
async function isPublished(
  { bucket, ledger }: HierarchyDependencies,
  id: string,
  which: Which,
  publicKey: PublicKey,
): Promise<boolean> {
  const object = await bucket.get(externalKeys.caCertificateDer(id, which));
  if (!object || keyHashOf(object.body) !== publicKey.hash) return false;
  // Another run may have been faster.
  if ((await ledger.generation(id))?.[which]) return true;
  throw new CaFault(
    "ledger-lost",
    `the bucket holds a ${which} certificate of generation ${id} for this very key, the ledger knows of none: it was lost or restored; nothing is made anew, see docs/disaster-recovery.md`,
  );
}

/** Undefined: no certificate of anybody. */
function keyHashOf(der: Buffer): string | undefined {
  try {
    return parseCertificate(der).publicKey.hash;
  } catch (error) {
    if (error instanceof PkiError) return undefined;
    throw error;
  }
}

function prepare(
  root: Authority | undefined,
  common: { publicKey: PublicKey; subject: NameAttribute[]; serial: string; notBefore: Date },
  now: Date,
): Unsigned {
  return root
    ? prepareIssuing({ ...common, notAfter: endOf("issuing", now), issuer: root.certificate })
    : prepareRoot({ ...common, notAfter: endOf("root", now) });
}

async function openRoot(ledger: Ledger, id: string): Promise<Authority> {
  const root = (await ledger.generation(id))?.root;
  if (!root)
    throw new CaFault("ledger-inconsistent", `generation ${id}: the root that was just saved is not there`);
  return { ...root, certificate: parseCertificate(root.certificate) };
}

/** After a fault between commit and mark, or when another run's certificate won. */
async function finishRecord(
  { ledger, clock }: HierarchyDependencies,
  issuer: string,
  { certificate }: Authority,
): Promise<void> {
  const entry = await ledger.certificate(issuer, certificate.serial);
  if (!entry)
    throw new CaFault(
      "ledger-inconsistent",
      `the ledger has no record of CA certificate ${certificate.serial}`,
    );
  if (!entry.issuedAt)
    await ledger.markIssued(issuer, certificate.serial, certificate.der, wholeSeconds(clock.now()));
}

/** The generation is in the name: two CAs of one name in one truststore are refused by API Gateway. */
const subjectOf = (
  { environment, organization }: CaConfiguration,
  id: string,
  which: Which,
): NameAttribute[] => [
  { type: "O", value: organization },
  { type: "CN", value: `${environment} ${which} CA ${id}` },
];

const formatSubject = (subject: readonly NameAttribute[]): string =>
  formatName(parseName(encodeName(subject)));

function endOf(which: Which, now: Date): Date {
  const end = new Date(now);
  end.setUTCFullYear(now.getUTCFullYear() + (which === "root" ? rootYears : issuingYears));
  return end;
}
