/**
 * Certificate extensions (RFC 5280 4.2.1), one reader each: value in, typed content out, read to the last byte.
 * Structure only; whether a certificate may have them, and critical or not, is said elsewhere.
 */
import { contextTag, DerReader, readWhole, Tag } from "./der/reader.ts";
import { PkiError } from "./errors.ts";
import { type GeneralName, readGeneralNames } from "./general-names.ts";
import { keyPurposeOids } from "./oids.ts";

export const keyUsages = [
  "digitalSignature",
  "nonRepudiation",
  "keyEncipherment",
  "dataEncipherment",
  "keyAgreement",
  "keyCertSign",
  "cRLSign",
  "encipherOnly",
  "decipherOnly",
] as const;
/** In the order of their bits. */
export type KeyUsage = (typeof keyUsages)[number];

export interface BasicConstraints {
  readonly ca: boolean;
  readonly pathLength?: number;
}

export interface AuthorityKeyIdentifier {
  readonly keyIdentifier?: Buffer;
  readonly issuerAndSerial?: { readonly issuer: readonly GeneralName[]; readonly serial: string };
}

export interface DistributionPoint {
  readonly name?: DistributionPointName;
  /** Content of the ReasonFlags BIT STRING: bytes and unused bits. */
  readonly reasons?: { readonly bytes: Buffer; readonly unusedBits: number };
  readonly crlIssuer?: readonly GeneralName[];
}

export interface DistributionPointName {
  readonly fullName?: readonly GeneralName[];
  /** nameRelativeToCRLIssuer: content octets of the RDN. */
  readonly relativeName?: Buffer;
}

/** 4.2.1.9 */
export function readBasicConstraints(value: Buffer): BasicConstraints {
  const reader = readWhole(value, "basicConstraints");
  const written = reader.peek() === Tag.boolean;
  const ca = written && reader.boolean();
  if (written && !ca) throw new PkiError("der", "cA FALSE is the default and not written in DER");
  const pathLength = reader.atEnd ? undefined : reader.smallInteger();
  reader.finish("basicConstraints");
  if (pathLength !== undefined && !ca)
    throw new PkiError("certificate", "a path length on a certificate that is no CA's");
  return pathLength === undefined ? { ca } : { ca, pathLength };
}

/** 4.2.1.3 */
export function readKeyUsage(value: Buffer): ReadonlySet<KeyUsage> {
  const reader = new DerReader(value);
  const { bytes, unusedBits } = reader.bitString();
  reader.finish("keyUsage");
  const bits = bytes.length * 8 - unusedBits;
  const isSet = (bit: number) => (((bytes[bit >> 3] as number) >> (7 - (bit & 7))) & 1) === 1;
  if (bits > 0 && !isSet(bits - 1)) throw new PkiError("der", "keyUsage with trailing zero bits");
  if (bits === 0) throw new PkiError("certificate", "keyUsage without a usage");
  if (bits > keyUsages.length) throw new PkiError("certificate", "keyUsage with unknown bits");
  return new Set(keyUsages.filter((_, bit) => bit < bits && isSet(bit)));
}

const purposeNames = new Map<string, string>(
  Object.entries(keyPurposeOids).map(([name, dotted]) => [dotted, name]),
);

/** 4.2.1.12: "clientAuth", "serverAuth", or the dotted OID. */
export function readExtendedKeyUsage(value: Buffer): string[] {
  const reader = readWhole(value, "extendedKeyUsage");
  const purposes: string[] = [];
  while (!reader.atEnd) {
    const dotted = reader.oid();
    purposes.push(purposeNames.get(dotted) ?? dotted);
  }
  if (purposes.length === 0) throw new PkiError("certificate", "extendedKeyUsage without a purpose");
  return purposes;
}

/** 4.2.1.2 */
export function readSubjectKeyIdentifier(value: Buffer): Buffer {
  const reader = new DerReader(value);
  const identifier = reader.octetString();
  reader.finish("subjectKeyIdentifier");
  if (identifier.length === 0) throw new PkiError("certificate", "an empty subjectKeyIdentifier");
  return identifier;
}

/** 4.2.1.1 */
export function readAuthorityKeyIdentifier(value: Buffer): AuthorityKeyIdentifier {
  const reader = readWhole(value, "authorityKeyIdentifier");
  const keyTag = contextTag(0, false);
  const keyIdentifier = reader.peek() === keyTag ? reader.content(keyTag) : undefined;
  const names = reader.enterIf(contextTag(1, true));
  const issuer = names === undefined ? undefined : readGeneralNames(names);
  const serialTag = contextTag(2, false);
  const serial = reader.peek() === serialTag ? reader.integer(serialTag).toString("hex") : undefined;
  reader.finish("authorityKeyIdentifier");
  if ((issuer === undefined) !== (serial === undefined))
    throw new PkiError("certificate", "authorityKeyIdentifier with half of issuer and serial");
  return {
    ...(keyIdentifier !== undefined && { keyIdentifier }),
    ...(issuer !== undefined && serial !== undefined && { issuerAndSerial: { issuer, serial } }),
  };
}

/** 4.2.1.6 */
export function readSubjectAltName(value: Buffer): GeneralName[] {
  return readGeneralNames(readWhole(value, "subjectAltName"));
}

/** 4.2.1.13 (and 4.2.1.15, FreshestCRL, which has the same form) */
export function readDistributionPoints(value: Buffer): DistributionPoint[] {
  const reader = readWhole(value, "cRLDistributionPoints");
  const points: DistributionPoint[] = [];
  while (!reader.atEnd) points.push(readDistributionPoint(reader.sequence()));
  if (points.length === 0) throw new PkiError("certificate", "cRLDistributionPoints without a point");
  return points;
}

/** 4.2.2.1: access methods (dotted) and where. */
export function readAuthorityInfoAccess(value: Buffer): { method: string; location: GeneralName }[] {
  const reader = readWhole(value, "authorityInfoAccess");
  const descriptions: { method: string; location: GeneralName }[] = [];
  while (!reader.atEnd) {
    const description = reader.sequence();
    const method = description.oid();
    const [location, ...more] = readGeneralNames(description);
    if (location === undefined || more.length > 0)
      throw new PkiError("certificate", "an access description without exactly one location");
    descriptions.push({ method, location });
  }
  if (descriptions.length === 0) throw new PkiError("certificate", "an empty authorityInfoAccess");
  return descriptions;
}

/** The DistributionPointName CHOICE inside its `[0]`, read to its end; also in a CRL's issuingDistributionPoint. */
export function readDistributionPointName(wrapper: DerReader): DistributionPointName {
  const full = wrapper.enterIf(contextTag(0, true));
  const name =
    full === undefined
      ? { relativeName: wrapper.content(contextTag(1, true)) }
      : { fullName: readGeneralNames(full) };
  wrapper.finish("a distribution point's name");
  return name;
}

function readDistributionPoint(reader: DerReader): DistributionPoint {
  const wrapper = reader.enterIf(contextTag(0, true));
  const name = wrapper === undefined ? undefined : readDistributionPointName(wrapper);
  const reasonsTag = contextTag(1, false);
  const reasons = reader.peek() === reasonsTag ? reader.bitString(reasonsTag) : undefined;
  const issuerNames = reader.enterIf(contextTag(2, true));
  const crlIssuer = issuerNames === undefined ? undefined : readGeneralNames(issuerNames);
  reader.finish("a distribution point");
  if (name === undefined && crlIssuer === undefined)
    throw new PkiError("certificate", "a distribution point with neither name nor issuer");
  return {
    ...(name !== undefined && { name }),
    ...(reasons !== undefined && { reasons }),
    ...(crlIssuer !== undefined && { crlIssuer }),
  };
}
