/**
 * Opens a CRL for one issuer: everything about it that depends neither on the time nor on the certificate in
 * question.
 *
 * Guarantees: frame, extensions and every entry are canonical DER and understood, the issuer's name and key
 * identifier fit, the issuer may sign CRLs and certificates, and the signature verifies under its key. Not checked:
 * that the issuer is to be trusted, whether the list is fresh, and that its number has grown (`number` is there for
 * the caller who remembers the last one).
 */
import { createHash } from "node:crypto";
import type { Certificate } from "../certificate.ts";
import { explicit } from "../der/writer.ts";
import type { AuthorityKeyIdentifier } from "../extensions.ts";
import type { PublicKey } from "../public-key.ts";
import { verifySignature } from "../signature.ts";
import { type Revocation, readEntry } from "./entry.ts";
import { EntryIndex } from "./entry-index.ts";
import { walkEntries } from "./entry-walk.ts";
import { type CertificateList, readCertificateList } from "./list.ts";
import { type IssuingDistributionPoint, type ListExtensions, readListExtensions } from "./list-extensions.ts";
import { asUnknown, unknown } from "./unknown.ts";

export interface OpenedCrl {
  readonly der: Buffer;
  readonly version: 1 | 2;
  /** DER of the issuer's name. */
  readonly issuer: Buffer;
  readonly thisUpdate: Date;
  readonly nextUpdate: Date;
  readonly number?: bigint;
  readonly issuingDistributionPoint?: IssuingDistributionPoint;
  /** How many certificates are listed. */
  readonly entries: number;
  /** Lower-case hex SHA-256 of the DER. */
  readonly fingerprint: string;
  /** The entry of this serial (lower-case hex of its content octets). */
  find(serial: string): Revocation | undefined;
  /** In the order of the list; one at a time. */
  revocations(): Iterable<Revocation>;
  /** Bytes held beside `der`. */
  readonly indexBytes: number;
}

/** PkiError "crl" with a RevocationUnknownCode in `fields.code`. */
export function openCrl(der: Buffer, issuer: Certificate): OpenedCrl {
  const list = readCertificateList(der);
  let extensions: ListExtensions | undefined;
  let misunderstood: unknown;
  try {
    extensions = readListExtensions(list);
  } catch (error) {
    misunderstood = error;
  }
  // Whose it is comes first: what a stranger's list says, or fails to say, is of no interest.
  // Byte for byte: two spellings of a name are two names.
  if (!list.issuer.equals(issuer.subject.der))
    throw unknown("issuer-mismatch", "the CRL is of another issuer");
  if (extensions !== undefined) checkAuthorityKey(extensions.authorityKeyIdentifier, issuer);
  checkSigner(issuer);
  if (!verifySignature(list.algorithm, keyOf(issuer), list.tbs, list.signature))
    throw unknown("signature", "the CRL's signature does not verify under the issuer's key");
  if (extensions === undefined) throw misunderstood;
  return new WalkedCrl(list, extensions);
}

/** All that `openCrl` does but for issuer and signature: to show what a file says. Believe nothing of it. */
export function readUnverifiedCrl(der: Buffer): OpenedCrl {
  const list = readCertificateList(der);
  return new WalkedCrl(list, readListExtensions(list));
}

class WalkedCrl implements OpenedCrl {
  readonly der: Buffer;
  readonly version: 1 | 2;
  readonly issuer: Buffer;
  readonly thisUpdate: Date;
  readonly nextUpdate: Date;
  readonly number?: bigint;
  readonly issuingDistributionPoint?: IssuingDistributionPoint;
  readonly #index: EntryIndex;
  #fingerprint: string | undefined;

  constructor(list: CertificateList, { number, issuingDistributionPoint }: ListExtensions) {
    const { der, version, nextUpdate, entriesStart, entriesEnd } = list;
    // RFC 5280 5.1.2.5 requires it. Without it nobody can say when the list stops being true.
    if (nextUpdate === undefined) throw unknown("next-update-missing", "the CRL has no nextUpdate");
    const checkpoints = walkEntries(der, entriesStart, entriesEnd, { version });
    this.#index = new EntryIndex(der, entriesStart, entriesEnd, checkpoints);
    this.der = der;
    this.version = version;
    this.issuer = list.issuer;
    this.thisUpdate = list.thisUpdate;
    this.nextUpdate = nextUpdate;
    if (number !== undefined) this.number = number;
    if (issuingDistributionPoint !== undefined) this.issuingDistributionPoint = issuingDistributionPoint;
  }

  get entries(): number {
    return this.#index.count;
  }

  get indexBytes(): number {
    return this.#index.indexBytes;
  }

  get fingerprint(): string {
    this.#fingerprint ??= createHash("sha256").update(this.der).digest("hex");
    return this.#fingerprint;
  }

  find(serial: string): Revocation | undefined {
    const at = this.#index.find(serial);
    return at === -1 ? undefined : readEntry(this.der, at);
  }

  *revocations(): Generator<Revocation> {
    for (const at of this.#index.offsets()) yield readEntry(this.der, at);
  }
}

/** RFC 5280 5.2.1: every way of naming the key that is there must name this one. */
function checkAuthorityKey(named: AuthorityKeyIdentifier | undefined, issuer: Certificate): void {
  if (named === undefined) return;
  const { keyIdentifier, issuerAndSerial } = named;
  const own = issuer.subjectKeyIdentifier ?? keyOf(issuer).keyIdentifier;
  const isOwn = keyIdentifier === undefined || keyIdentifier.equals(own);
  if (!isOwn || (issuerAndSerial !== undefined && !isCertificate(issuerAndSerial, issuer)))
    throw unknown("authority-key-mismatch", "the CRL's authority key identifier names another key");
}

/** Whether issuer and serial are those of the issuer's own certificate. */
function isCertificate(
  { issuer, serial }: NonNullable<AuthorityKeyIdentifier["issuerAndSerial"]>,
  { issuer: name, serial: own }: Certificate,
): boolean {
  // GeneralName directoryName is [4] EXPLICIT around the Name.
  const wanted = explicit(4, name.der);
  return serial === own && issuer.some(({ der }) => der.equals(wanted));
}

/** RFC 5280 4.2.1.3: keyUsage, where it is there, must allow both; a CRL signer who may not issue is indirect. */
function checkSigner({ keyUsage }: Certificate): void {
  if (keyUsage === undefined) return;
  if (!keyUsage.has("cRLSign"))
    throw unknown("issuer-not-crl-signer", "the issuer's keyUsage does not allow it to sign CRLs");
  if (!keyUsage.has("keyCertSign"))
    throw unknown(
      "issuer-not-certificate-signer",
      "the issuer's keyUsage does not allow it to issue certificates",
    );
}

function keyOf(issuer: Certificate): PublicKey {
  try {
    return issuer.publicKey;
  } catch (cause) {
    throw asUnknown("issuer-key", cause);
  }
}
