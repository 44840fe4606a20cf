/**
 * Builds the three certificates of the hierarchy, ready to be signed: root, issuing, leaf.
 *
 * Guarantees: version 3, the issuer's name copied byte for byte, key identifiers, basicConstraints and keyUsage as
 * RFC 5280 wants them, and nothing comes out that the lint rejects (PkiError "lint"). Who may have which name and for how long is the profile's business.
 */
import type { Certificate } from "./certificate.ts";
import {
  boolean,
  explicit,
  implicit,
  integer,
  namedBits,
  octetString,
  oid,
  sequence,
  time,
} from "./der/writer.ts";
import { PkiError } from "./errors.ts";
import { type KeyUsage, keyUsages } from "./extensions.ts";
import { encodeGeneralName, encodeGeneralNames, type SubjectAltName } from "./general-names.ts";
import { assertLintedCertificate } from "./lint/index.ts";
import { encodeName, type NameAttribute } from "./name.ts";
import { caIssuersOid, extensionOids, keyPurposeOids } from "./oids.ts";
import type { PublicKey } from "./public-key.ts";
import { signatureAlgorithms, signingAlgorithmFor } from "./signature.ts";
import type { Unsigned } from "./unsigned.ts";

export type KeyPurpose = keyof typeof keyPurposeOids;

interface Common {
  readonly publicKey: PublicKey;
  readonly subject: readonly NameAttribute[];
  /** Lower-case hex of the content octets. */
  readonly serial: string;
  readonly notBefore: Date;
  readonly notAfter: Date;
}
interface Locations {
  /** Where the issuer's CRL is published: http or https. */
  readonly crlDistributionPoint?: string;
  /** Where the issuer's certificate is found. */
  readonly caIssuers?: string;
}
export type RootOptions = Common;
export type IssuingOptions = Common & Locations & { readonly issuer: Certificate };
export type LeafOptions = Common &
  Locations & {
    readonly issuer: Certificate;
    readonly subjectAltNames: readonly SubjectAltName[];
    readonly extendedKeyUsage: readonly KeyPurpose[];
  };

const caUsages: readonly KeyUsage[] = ["keyCertSign", "cRLSign"];

/** RSA keys may transport keys (TLS 1.2 servers); an EC key has no use for keyEncipherment (RFC 5480 3). */
const leafUsages: Readonly<Record<PublicKey["kind"], readonly KeyUsage[]>> = {
  EC: ["digitalSignature"],
  RSA: ["digitalSignature", "keyEncipherment"],
};

/** Self-signed; subject and authority key identifier are the same key. */
export function prepareRoot(options: RootOptions): Unsigned {
  const { publicKey } = options;
  return linted(options, undefined, [
    basicConstraints({ ca: true }),
    keyUsage(caUsages),
    subjectKeyIdentifier(publicKey),
    authorityKeyIdentifier(publicKey.keyIdentifier),
  ]);
}

/** A CA that issues leaves only (path length 0). */
export function prepareIssuing(options: IssuingOptions): Unsigned {
  const { issuer, publicKey } = options;
  return linted(options, issuer, [
    basicConstraints({ ca: true, pathLength: 0 }),
    keyUsage(caUsages),
    subjectKeyIdentifier(publicKey),
    authorityKeyIdentifier(identifierOf(issuer)),
    ...locations(options),
  ]);
}

/** An end entity. Empty subject: the alternative names carry the identity and are critical (RFC 5280 4.2.1.6). */
export function prepareLeaf(options: LeafOptions): Unsigned {
  const { issuer, publicKey, subjectAltNames } = options;
  const names = encodeGeneralNames(subjectAltNames);
  return linted(options, issuer, [
    basicConstraints({ ca: false }),
    keyUsage(leafUsages[publicKey.kind]),
    extension(
      extensionOids.extendedKeyUsage,
      false,
      sequence(...options.extendedKeyUsage.map((purpose) => oid(keyPurposeOids[purpose]))),
    ),
    subjectKeyIdentifier(publicKey),
    authorityKeyIdentifier(identifierOf(issuer)),
    ...(subjectAltNames.length > 0
      ? [extension(extensionOids.subjectAltName, options.subject.length === 0, names)]
      : []),
    ...locations(options),
  ]);
}

/** Without `issuer` the certificate signs itself. */
function linted(options: Common, issuer: Certificate | undefined, extensions: readonly Buffer[]): Unsigned {
  const serial = integer(Buffer.from(options.serial, "hex"));
  if (serial.subarray(2).toString("hex") !== options.serial)
    throw new PkiError("serial", "a serial is the lower-case hex of a positive INTEGER's content octets");
  const subject = encodeName(options.subject);
  const algorithm = signingAlgorithmFor((issuer ?? options).publicKey);
  const tbs = sequence(
    explicit(0, integer(2)),
    serial,
    signatureAlgorithms[algorithm].identifier,
    issuer?.subject.der ?? subject,
    sequence(time(options.notBefore), time(options.notAfter)),
    subject,
    options.publicKey.spki,
    explicit(3, sequence(...extensions)),
  );
  const unsigned = { tbs, algorithm };
  assertLintedCertificate(unsigned, issuer);
  return unsigned;
}

function extension(dotted: string, critical: boolean, value: Buffer): Buffer {
  return critical
    ? sequence(oid(dotted), boolean(true), octetString(value))
    : sequence(oid(dotted), octetString(value));
}

function basicConstraints({ ca, pathLength }: { ca: boolean; pathLength?: number }): Buffer {
  const value = sequence(
    ...(ca ? [boolean(true)] : []),
    ...(pathLength === undefined ? [] : [integer(pathLength)]),
  );
  return extension(extensionOids.basicConstraints, true, value);
}

function keyUsage(usages: readonly KeyUsage[]): Buffer {
  const bits = usages.map((usage) => keyUsages.indexOf(usage));
  return extension(extensionOids.keyUsage, true, namedBits(bits));
}

function subjectKeyIdentifier(key: PublicKey): Buffer {
  return extension(extensionOids.subjectKeyIdentifier, false, octetString(key.keyIdentifier));
}

function authorityKeyIdentifier(identifier: Buffer): Buffer {
  return extension(extensionOids.authorityKeyIdentifier, false, sequence(implicit(0, identifier)));
}

/** What the issuer calls its key; computed where its certificate does not say. */
function identifierOf(issuer: Certificate): Buffer {
  return issuer.subjectKeyIdentifier ?? issuer.publicKey.keyIdentifier;
}

function locations({ crlDistributionPoint, caIssuers }: Locations): Buffer[] {
  const uri = (value: string) => encodeGeneralName({ kind: "uri", value });
  const found: Buffer[] = [];
  if (crlDistributionPoint !== undefined) {
    const name = explicit(0, explicit(0, uri(crlDistributionPoint)));
    found.push(extension(extensionOids.crlDistributionPoints, false, sequence(sequence(name))));
  }
  if (caIssuers !== undefined)
    found.push(
      extension(
        extensionOids.authorityInfoAccess,
        false,
        sequence(sequence(oid(caIssuersOid), uri(caIssuers))),
      ),
    );
  return found;
}
