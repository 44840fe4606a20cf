/**
 * Distinguished names (RFC 5280 4.1.2.4): read from DER, never from text, and compared byte for byte.
 *
 * Guarantees: multi-valued RDNs keep their members together; every value is decoded by its own string type and
 * refused when it is not legal in it. What is written holds no control characters and obeys RFC 5280's lengths.
 */
import { DerReader, Tag } from "./der/reader.ts";
import { ia5String, oid, printableString, sequence, set, utf8String } from "./der/writer.ts";
import { PkiError } from "./errors.ts";

export interface NameAttribute {
  /** Short name (CN, O, OU, C …) or dotted OID. */
  readonly type: string;
  readonly value: string;
}
export interface Name {
  readonly der: Buffer;
  readonly rdns: readonly (readonly NameAttribute[])[];
  /** All attributes in encoded order, RDNs flattened. */
  readonly attributes: readonly NameAttribute[];
}

interface AttributeType {
  readonly oid: string;
  readonly max: number;
  readonly write: (text: string) => Buffer;
  readonly pattern?: RegExp;
}

/** PrintableString's alphabet, X.680 41.4. */
const printable = /^[A-Za-z0-9 '()+,\-./:=?]+$/;
const ascii = /^[\x20-\x7e]+$/;

/** Upper bounds: RFC 5280 appendix A.1. */
const attributeTypes: Readonly<Record<string, AttributeType>> = {
  CN: { oid: "2.5.4.3", max: 64, write: utf8String },
  SN: { oid: "2.5.4.4", max: 64, write: utf8String },
  serialNumber: { oid: "2.5.4.5", max: 64, write: printableString, pattern: printable },
  C: { oid: "2.5.4.6", max: 2, write: printableString, pattern: /^[A-Z]{2}$/ },
  L: { oid: "2.5.4.7", max: 128, write: utf8String },
  ST: { oid: "2.5.4.8", max: 128, write: utf8String },
  street: { oid: "2.5.4.9", max: 128, write: utf8String },
  O: { oid: "2.5.4.10", max: 64, write: utf8String },
  OU: { oid: "2.5.4.11", max: 64, write: utf8String },
  title: { oid: "2.5.4.12", max: 64, write: utf8String },
  postalCode: { oid: "2.5.4.17", max: 16, write: utf8String },
  GN: { oid: "2.5.4.42", max: 64, write: utf8String },
  initials: { oid: "2.5.4.43", max: 64, write: utf8String },
  generationQualifier: { oid: "2.5.4.44", max: 64, write: utf8String },
  dnQualifier: { oid: "2.5.4.46", max: 64, write: printableString, pattern: printable },
  pseudonym: { oid: "2.5.4.65", max: 128, write: utf8String },
  organizationIdentifier: { oid: "2.5.4.97", max: 256, write: utf8String },
  emailAddress: { oid: "1.2.840.113549.1.9.1", max: 255, write: ia5String, pattern: ascii },
  UID: { oid: "0.9.2342.19200300.100.1.1", max: 256, write: utf8String },
  DC: { oid: "0.9.2342.19200300.100.1.25", max: 63, write: ia5String, pattern: ascii },
};
const shortNames = new Map(Object.entries(attributeTypes).map(([name, type]) => [type.oid, name]));

/** Control, surrogate and text-direction characters: what reads differently from what it is. */
const unwritable = /[\p{Cc}\p{Cs}\u200e\u200f\u2028-\u202e\u2066-\u2069]/u;

/** The name's DER, tag included; PkiError "der" or "name". */
export function parseName(der: Buffer): Name {
  const outer = new DerReader(der);
  const sequenceReader = outer.sequence();
  outer.finish("a name");
  const rdns: NameAttribute[][] = [];
  while (!sequenceReader.atEnd) rdns.push(readRdn(sequenceReader.enter(Tag.set)));
  return { der, rdns, attributes: rdns.flat() };
}

/** One RDN an attribute, in the order given; PkiError "name" when a value may not be written. */
export function encodeName(attributes: readonly NameAttribute[]): Buffer {
  return sequence(...attributes.map((attribute) => set(encodeAttribute(attribute))));
}

/**
 * As API Gateway writes `subjectDN`: encoded order, no spaces after commas, `+` inside an RDN; values escaped
 * by RFC 4514 2.4, control characters as hex, so that the text stays on one line. For people and logs only:
 * decisions are made on `attributes`.
 */
export function formatName(name: Name): string {
  return name.rdns
    .map((rdn) => rdn.map(({ type, value }) => `${type}=${escapeValue(value)}`).join("+"))
    .join(",");
}

function readRdn(reader: DerReader): NameAttribute[] {
  const attributes: NameAttribute[] = [];
  let previous: Buffer | undefined;
  while (!reader.atEnd) {
    const der = reader.raw(Tag.sequence);
    // X.690 11.6: a SET OF is sorted; an unsorted one is a second spelling of the same name.
    if (previous !== undefined && Buffer.compare(previous, der) >= 0)
      throw new PkiError("der", "attributes of an RDN are not in DER order");
    previous = der;
    attributes.push(readAttribute(new DerReader(der).sequence()));
  }
  if (attributes.length === 0) throw new PkiError("name", "an RDN without attributes");
  return attributes;
}

function readAttribute(reader: DerReader): NameAttribute {
  const dotted = reader.oid();
  const tag = reader.peek();
  const decode = decoders.get(tag);
  if (decode === undefined)
    throw new PkiError("name", `the value of ${shortNames.get(dotted) ?? dotted} is no string type`, { tag });
  const content = reader.content(tag);
  reader.finish("a name's attribute");
  const value = decode(content);
  if (value === undefined || value === "")
    throw new PkiError("name", `the value of ${shortNames.get(dotted) ?? dotted} is illegal in its type`, {
      tag,
    });
  return { type: shortNames.get(dotted) ?? dotted, value };
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

const decoders: ReadonlyMap<number, (content: Buffer) => string | undefined> = new Map([
  [Tag.utf8String, decodeUtf8],
  [Tag.printableString, matching(/^[\x20-\x7e]*$/)],
  [Tag.numericString, matching(/^[0-9 ]*$/)],
  [Tag.ia5String, matching(/^\p{ASCII}*$/u)],
  [Tag.visibleString, matching(/^[\x20-\x7e]*$/)],
  [Tag.teletexString, (content: Buffer) => content.toString("latin1")],
  [Tag.bmpString, (content: Buffer) => codePoints(content, 2)],
  [Tag.universalString, (content: Buffer) => codePoints(content, 4)],
]);

function matching(pattern: RegExp): (content: Buffer) => string | undefined {
  return (content) => {
    const text = content.toString("latin1");
    return pattern.test(text) ? text : undefined;
  };
}

function decodeUtf8(content: Buffer): string | undefined {
  try {
    return utf8.decode(content);
  } catch {
    return undefined;
  }
}

function codePoints(content: Buffer, width: 2 | 4): string | undefined {
  if (content.length % width !== 0) return undefined;
  const points: string[] = [];
  for (let at = 0; at < content.length; at += width) {
    const point = content.readUIntBE(at, width);
    if (point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff)) return undefined;
    points.push(String.fromCodePoint(point));
  }
  return points.join("");
}

function encodeAttribute({ type, value }: NameAttribute): Buffer {
  const known = Object.hasOwn(attributeTypes, type) ? attributeTypes[type] : undefined;
  if (known === undefined)
    throw new PkiError("name", `attribute type ${JSON.stringify(type)} is not one of ours`, { type });
  const length = [...value].length;
  if (length === 0 || length > known.max)
    throw new PkiError("name", `${type} has ${length} characters; 1 to ${known.max} are allowed`, { type });
  if (unwritable.test(value) || value !== value.trim())
    throw new PkiError("name", `${type} holds control characters, or spaces at an end`, { type });
  if (known.pattern !== undefined && !known.pattern.test(value))
    throw new PkiError("name", `${type} must match ${known.pattern.source}`, { type });
  return sequence(oid(known.oid), known.write(value));
}

function escapeValue(value: string): string {
  const hex = (text: string) =>
    Buffer.from(text, "utf8").toString("hex").toUpperCase().replace(/../g, "\\$&");
  return value
    .replace(/["+,;<>\\]/g, "\\$&")
    .replace(/^[ #]| $/g, "\\$&")
    .replace(new RegExp(unwritable, "gu"), hex);
}
