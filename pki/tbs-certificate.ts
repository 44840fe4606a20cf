/**
 * The fields of a TBSCertificate (RFC 5280 4.1) as they are encoded: strict about DER and structure, without an
 * opinion on what the fields say. Certificates are parsed from it, and the lint looks at it before anything is signed.
 */
import { contextTag, DerReader, Tag } from "./der/reader.ts";
import { PkiError } from "./errors.ts";

export interface Extension {
  readonly oid: string;
  readonly critical: boolean;
  /** Content of the OCTET STRING. */
  readonly value: Buffer;
}

export interface TbsCertificate {
  readonly der: Buffer;
  readonly version: 1 | 2 | 3;
  /** Content octets of the INTEGER. */
  readonly serial: Buffer;
  /** Whole elements, tag and length included. */
  readonly algorithm: Buffer;
  readonly issuer: Buffer;
  readonly notBefore: Buffer;
  readonly notAfter: Buffer;
  readonly subject: Buffer;
  readonly spki: Buffer;
  readonly uniqueIdentifiers: boolean;
  /** In encoded order, duplicates included. */
  readonly extensions: readonly Extension[];
}

/** DER of a TBSCertificate; PkiError "der" or "certificate". */
export function readTbsCertificate(der: Buffer): TbsCertificate {
  const outer = new DerReader(der);
  const reader = outer.sequence();
  outer.finish("a TBSCertificate");
  const version = readVersion(reader);
  const serial = reader.integer();
  const algorithm = reader.raw(Tag.sequence);
  const issuer = reader.raw(Tag.sequence);
  const validity = reader.sequence();
  const notBefore = validity.raw();
  const notAfter = validity.raw();
  validity.finish("validity");
  const subject = reader.raw(Tag.sequence);
  const spki = reader.raw(Tag.sequence);
  const uniqueIdentifiers = skipUniqueIdentifiers(reader);
  const wrapper = reader.enterIf(contextTag(3, true));
  const extensions = wrapper === undefined ? [] : readExtensions(wrapper);
  reader.finish("a TBSCertificate's fields");
  if (uniqueIdentifiers && version === 1)
    throw new PkiError("certificate", "unique identifiers in a version 1 certificate");
  if (wrapper !== undefined && version !== 3)
    throw new PkiError("certificate", `extensions in a version ${version} certificate`, { version });
  return {
    der,
    version,
    serial,
    algorithm,
    issuer,
    notBefore,
    notAfter,
    subject,
    spki,
    uniqueIdentifiers,
    extensions,
  };
}

/** A reader around `SEQUENCE OF Extension`, read to its end (certificates, requests and CRLs alike). */
export function readExtensions(wrapper: DerReader): Extension[] {
  const list = wrapper.sequence();
  wrapper.finish("extensions");
  const extensions: Extension[] = [];
  while (!list.atEnd) extensions.push(readExtension(list.sequence()));
  if (extensions.length === 0) throw new PkiError("der", "an empty list of extensions");
  return extensions;
}

function readExtension(reader: DerReader): Extension {
  const oid = reader.oid();
  const written = reader.peek() === Tag.boolean;
  const critical = written && reader.boolean();
  // A DEFAULT value is left out (X.690 11.5): a written FALSE is a second spelling of the same extension.
  if (written && !critical) throw new PkiError("der", "critical FALSE is the default and not written in DER");
  const value = reader.octetString();
  reader.finish("an extension");
  return { oid, critical, value };
}

function readVersion(reader: DerReader): 1 | 2 | 3 {
  const wrapper = reader.enterIf(contextTag(0, true));
  if (wrapper === undefined) return 1;
  const version = wrapper.smallInteger();
  wrapper.finish("a version");
  if (version === 0) throw new PkiError("der", "version 1 is the default and not written in DER");
  if (version > 2) throw new PkiError("certificate", `version ${version + 1}; 1 to 3 exist`, { version });
  return version === 1 ? 2 : 3;
}

/** RFC 5280 4.1.2.8: not made any more, still parsed. */
function skipUniqueIdentifiers(reader: DerReader): boolean {
  let found = false;
  for (const tag of [contextTag(1, false), contextTag(2, false)])
    if (reader.peek() === tag) {
      reader.bitString(tag);
      found = true;
    }
  return found;
}
