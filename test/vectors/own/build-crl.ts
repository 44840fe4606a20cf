/** Builds CRLs, right and wrong, piece by piece: whatever is given replaces what a good one would have. */
import type { KeyObject } from "node:crypto";
import { sign } from "node:crypto";
import type { Certificate } from "#pki/certificate.ts";
import { parseCertificate } from "#pki/certificate.ts";
import {
  bitString,
  boolean,
  element,
  explicit,
  implicit,
  integer,
  octetString,
  oid,
  sequence,
  time,
} from "#pki/der/writer.ts";
import { signatureAlgorithms, signingAlgorithmFor } from "#pki/signature.ts";
import { readTbsCertificate } from "#pki/tbs-certificate.ts";
import { attachSignature } from "#pki/unsigned.ts";
import type { Signed } from "../../support/hierarchy.ts";

export const now = new Date("2026-06-01T12:00:00Z");
export const at = (seconds: number): Date => new Date(now.getTime() + seconds * 1000);

export const idCe = (member: number): string => `2.5.29.${member}`;
export const extension = (dotted: string, value: Uint8Array, critical = false): Buffer =>
  sequence(oid(dotted), ...(critical ? [boolean(true)] : []), octetString(value));

export const keyIdentifier = (identifier: Uint8Array): Buffer =>
  extension(idCe(35), sequence(implicit(0, identifier)));
export const number = (value: Buffer = integer(7)): Buffer => extension(idCe(20), value);
export const uri = (text: string): Buffer => implicit(6, Buffer.from(text, "latin1"));
/** DistributionPointName fullName, in its `[0]`. */
export const fullName = (...names: readonly Buffer[]): Buffer => explicit(0, element(0xa0, ...names));
export const issuingDistributionPoint = (...content: readonly Buffer[]): Buffer =>
  extension(idCe(28), sequence(...content), true);
export const flag = (n: number): Buffer => implicit(n, Buffer.of(0xff));

export const entry = (serial: string, ...rest: readonly Buffer[]): Buffer =>
  sequence(element(0x02, Buffer.from(serial, "hex")), ...(rest.length > 0 ? rest : [time(at(-3600))]));
export const entryExtensions = (...extensions: readonly Buffer[]): Buffer => sequence(...extensions);
export const reason = (code: number): Buffer => extension(idCe(21), integer(code, 0x0a));

export interface CrlPieces {
  readonly version?: Buffer | null;
  readonly algorithm?: Buffer;
  readonly outerAlgorithm?: Buffer;
  readonly issuer?: Buffer;
  readonly thisUpdate?: Buffer;
  readonly nextUpdate?: Buffer | null;
  readonly entries?: readonly Buffer[] | null;
  readonly extensions?: readonly Buffer[] | null;
  /** Instead of `extensions`: the whole `[0]`. */
  readonly rawExtensions?: Buffer;
  readonly signedBy?: KeyObject;
}

/** A CRL of `issuer` with one entry, good for a day, unless told otherwise. `null` leaves a piece out. */
export function buildCrl(
  { certificate, privateKey }: Pick<Signed, "certificate" | "privateKey">,
  pieces: CrlPieces = {},
): Buffer {
  const { identifier, hash } = signatureAlgorithms[signingAlgorithmFor(certificate.publicKey)];
  const own = certificate.subjectKeyIdentifier ?? certificate.publicKey.keyIdentifier;
  const {
    version = integer(1),
    algorithm = identifier,
    outerAlgorithm = algorithm,
    issuer = certificate.subject.der,
    thisUpdate = time(at(-60)),
    nextUpdate = time(at(86_400)),
    entries = [entry("0a0b0c0d")],
    extensions = [keyIdentifier(own), number()],
    rawExtensions = extensions === null ? undefined : explicit(0, sequence(...extensions)),
    signedBy = privateKey,
  } = pieces;
  const parts = [
    version,
    algorithm,
    issuer,
    thisUpdate,
    nextUpdate,
    entries === null ? null : sequence(...entries),
    rawExtensions ?? null,
  ];
  const tbs = sequence(...parts.filter((part) => part !== null));
  return sequence(tbs, outerAlgorithm, bitString(sign(hash, tbs, signedBy)));
}

/** The same certificate with other extensions or another key, signed again by its issuer. */
export function rebuilt(
  certificate: Certificate,
  issuer: Pick<Signed, "privateKey">,
  other: { readonly change?: (extensions: readonly Buffer[]) => readonly Buffer[]; readonly spki?: Buffer },
): Certificate {
  const fields = readTbsCertificate(certificate.tbs);
  const extensions = fields.extensions.map((one) => extension(one.oid, one.value, one.critical));
  const tbs = sequence(
    explicit(0, integer(2)),
    element(0x02, fields.serial),
    fields.algorithm,
    fields.issuer,
    sequence(fields.notBefore, fields.notAfter),
    fields.subject,
    other.spki ?? fields.spki,
    explicit(3, sequence(...(other.change?.(extensions) ?? extensions))),
  );
  const { algorithm } = certificate;
  const signature = sign(signatureAlgorithms[algorithm].hash, tbs, issuer.privateKey);
  return parseCertificate(attachSignature({ tbs, algorithm }, signature));
}
