/**
 * GeneralNames (RFC 5280 4.2.1.6), as subject alternative names, distribution points and authority key ids hold
 * them. DNS names, addresses, mailboxes and URIs are decoded; every other kind is "other" with its DER in hex, to
 * be compared byte for byte and not interpreted.
 */
import { contextTag, type DerReader } from "./der/reader.ts";
import { implicit, sequence } from "./der/writer.ts";
import { PkiError } from "./errors.ts";

export interface GeneralName {
  readonly kind: "dns" | "ip" | "email" | "uri" | "other";
  readonly value: string;
  /** The whole GeneralName. */
  readonly der: Buffer;
}

/** What we write. */
export interface SubjectAltName {
  readonly kind: "dns" | "ip" | "email" | "uri";
  readonly value: string;
}

const tags = { email: 1, dns: 2, uri: 6, ip: 7 } as const;
const textKinds = new Map<number, "dns" | "email" | "uri">([
  [contextTag(tags.email, false), "email"],
  [contextTag(tags.dns, false), "dns"],
  [contextTag(tags.uri, false), "uri"],
]);
/** otherName, x400Address, directoryName, ediPartyName, registeredID. */
const otherTags = new Set([0xa0, 0xa3, 0xa4, 0xa5, 0x88]);

/** Inside the SEQUENCE: one name at least, to its end; PkiError "der" or "name". */
export function readGeneralNames(reader: DerReader): GeneralName[] {
  const names: GeneralName[] = [];
  while (!reader.atEnd) names.push(readGeneralName(reader));
  if (names.length === 0) throw new PkiError("name", "a list of names without a name");
  return names;
}

/** `names` as GeneralNames; PkiError "name" when one may not be written. */
export function encodeGeneralNames(names: readonly SubjectAltName[]): Buffer {
  return sequence(...names.map(encodeGeneralName));
}

export function encodeGeneralName({ kind, value }: SubjectAltName): Buffer {
  const content = kind === "ip" ? ipOctets(value) : Buffer.from(value, "latin1");
  if (content === undefined || (kind !== "ip" && !writable[kind].test(value)))
    throw new PkiError("name", `${JSON.stringify(value)} is no ${kind} name`, { kind });
  return implicit(tags[kind], content);
}

const label = "[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?";
const dnsPattern = `(?=.{1,253}$)(${label}\\.)*${label}`;
const writable = {
  /** RFC 1034 3.5 preferred syntax; a wildcard may stand alone in the left-most label. */
  dns: new RegExp(`^(\\*\\.)?${dnsPattern}$`),
  email: new RegExp(`^[A-Za-z0-9!#$%&'*+/=?^_\`{|}~.-]{1,64}@${dnsPattern}$`),
  /** RFC 5280 4.2.1.6: absolute, a scheme and something after it. */
  uri: /^[A-Za-z][A-Za-z0-9+.-]*:[\x21-\x7e]{1,2000}$/,
} as const;

function readGeneralName(reader: DerReader): GeneralName {
  const tag = reader.peek();
  const der = reader.raw();
  const content = der.subarray(der.length < 0x82 ? 2 : 2 + ((der[1] as number) & 0x7f));
  const kind = textKinds.get(tag);
  if (kind !== undefined) {
    const value = content.toString("latin1");
    if (!/^[\x21-\x7e]+$/.test(value))
      throw new PkiError("name", `a ${kind} name with characters that are not printable ASCII`, { kind });
    return { kind, value, der };
  }
  if (tag === contextTag(tags.ip, false)) return { kind: "ip", value: ipText(content), der };
  if (!otherTags.has(tag)) throw new PkiError("der", "a name of an unknown kind", { tag });
  return { kind: "other", value: der.toString("hex"), der };
}

/** Dotted IPv4, or IPv6 by RFC 5952 (lower case, the longest run of zeros shortened). */
function ipText(octets: Buffer): string {
  if (octets.length === 4) return [...octets].join(".");
  if (octets.length !== 16)
    throw new PkiError("name", `an IP address of ${octets.length} octets; 4 or 16 are allowed`);
  const groups = Array.from({ length: 8 }, (_, i) => octets.readUInt16BE(2 * i));
  let best = { start: 0, length: 1 };
  for (let start = 0; start < 8; start++) {
    let length = 0;
    while (groups[start + length] === 0) length++;
    if (length > best.length) best = { start, length };
  }
  const hex = (part: readonly number[]) => part.map((group) => group.toString(16)).join(":");
  if (best.length < 2) return hex(groups);
  return `${hex(groups.slice(0, best.start))}::${hex(groups.slice(best.start + best.length))}`;
}

function ipOctets(text: string): Buffer | undefined {
  if (!text.includes(":")) {
    const parts = text.split(".");
    const legal = parts.length === 4 && parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && +part < 256);
    return legal ? Buffer.from(parts.map(Number)) : undefined;
  }
  const halves = text.split("::");
  const groups = (part: string | undefined) => (part ? part.split(":") : []);
  const head = groups(halves[0]);
  const tail = groups(halves[1]);
  const missing = 8 - head.length - tail.length;
  const legal = halves.length === 1 ? missing === 0 : halves.length === 2 && missing >= 1;
  if (!legal || ![...head, ...tail].every((group) => /^[0-9a-f]{1,4}$/i.test(group))) return undefined;
  const zeros = halves.length === 2 ? Array<string>(missing).fill("0") : [];
  return Buffer.from([...head, ...zeros, ...tail].map((group) => group.padStart(4, "0")).join(""), "hex");
}
