/**
 * PEM (RFC 7468), strictly: one kind of object, nothing but whitespace around and between, canonical base64.
 *
 * Guarantees: a private key never gets past here, whatever stands beside it; sizes are checked before any work
 * is done. It says nothing about the bytes inside.
 */
import { PkiError } from "./errors.ts";

export type PemLabel = "CERTIFICATE" | "CERTIFICATE REQUEST" | "X509 CRL";

export interface PemLimits {
  readonly maxObjects?: number;
  /** Of the text. */
  readonly maxBytes?: number;
}

/** A truststore of API Gateway is 1 MB at most; CRLs grow with revocations (about 50 bytes of PEM each). */
const defaultMaxBytes: Readonly<Record<PemLabel, number>> = {
  CERTIFICATE: 1024 * 1024,
  "CERTIFICATE REQUEST": 64 * 1024,
  "X509 CRL": 128 * 1024 * 1024,
};
const defaultMaxObjects = 1000;
const maxBytesOfOne = 128 * 1024;

/** Every object of the text, at least one; PkiError "size" or "pem". */
export function decodePem(text: string, label: PemLabel, limits: PemLimits = {}): Buffer[] {
  const maxBytes = limits.maxBytes ?? defaultMaxBytes[label];
  const maxObjects = limits.maxObjects ?? defaultMaxObjects;
  if (text.length > maxBytes)
    throw new PkiError("size", `PEM of ${text.length} bytes; at most ${maxBytes} are read`, { maxBytes });
  const objects: Buffer[] = [];
  for (let at = skipSpace(text, 0); at < text.length; ) {
    if (objects.length === maxObjects)
      throw new PkiError("size", `more than ${maxObjects} PEM objects`, { maxObjects });
    const [der, end] = decodeAt(text, at, label);
    objects.push(der);
    at = skipSpace(text, end);
  }
  if (objects.length === 0) throw new PkiError("pem", `no PEM object; one "${label}" is wanted`, { label });
  return objects;
}

/** The only object of the text; two are refused, since which one is meant would be a guess. */
export function decodeOnePem(text: string, label: PemLabel): Buffer {
  const maxBytes = label === "X509 CRL" ? defaultMaxBytes[label] : maxBytesOfOne;
  const objects = decodePem(text, label, { maxBytes });
  if (objects.length !== 1)
    throw new PkiError("pem", `${objects.length} PEM objects; exactly one "${label}" is wanted`, { label });
  return objects[0] as Buffer;
}

/** 64 columns, one newline at the end. */
export function encodePem(label: PemLabel, der: Buffer): string {
  const lines = der.toString("base64").match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join("\n")}\n-----END ${label}-----\n`;
}

function decodeAt(text: string, at: number, label: PemLabel): [der: Buffer, end: number] {
  const begin = `-----BEGIN ${label}-----`;
  if (!text.startsWith(begin, at)) throw foreign(text, at, label);
  const bodyStart = at + begin.length;
  const endMarker = `-----END ${label}-----`;
  const bodyEnd = text.indexOf("-----", bodyStart);
  if (bodyEnd < 0 || !text.startsWith(endMarker, bodyEnd))
    throw new PkiError("pem", `"${label}" does not end with its own END line`, { label });
  const body = text.slice(bodyStart, bodyEnd);
  if (!/^[ \t]*\r?\n/.test(body) || !body.endsWith("\n"))
    throw new PkiError("pem", "BEGIN and END must stand on lines of their own", { label });
  const base64 = body.replace(/[ \t\r\n]/g, "");
  const der = Buffer.from(base64, "base64");
  // Node skips what is not base64 and ignores stray bits: only a text that comes back as it was is canonical.
  if (base64 === "" || der.toString("base64") !== base64)
    throw new PkiError("pem", "the PEM body is not canonical base64", { label });
  return [der, bodyEnd + endMarker.length];
}

function foreign(text: string, at: number, label: PemLabel): PkiError {
  const found = /^-----BEGIN ([A-Z0-9 ]{1,40})-----/.exec(text.slice(at, at + 64))?.[1];
  if (found?.includes("PRIVATE KEY"))
    return new PkiError("pem", `a private key ("${found}") where "${label}" is wanted; keep it to yourself`, {
      label,
      found,
    });
  return found === undefined
    ? new PkiError("pem", `text that is no PEM object where "${label}" is wanted`, { label })
    : new PkiError("pem", `PEM label "${found}"; "${label}" is wanted`, { label, found });
}

function skipSpace(text: string, from: number): number {
  let at = from;
  while (at < text.length && " \t\r\n".includes(text[at] as string)) at++;
  return at;
}
