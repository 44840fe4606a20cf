/**
 * The files of one client: key (mode 600), certificate, certificate with its issuer, certificate with key. A key
 * is never overwritten unless asked for; files appear whole.
 */
import { createPublicKey, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { NameAttribute } from "#pki/name.ts";
import { encodePem } from "#pki/pem.ts";
import { parsePublicKey } from "#pki/public-key.ts";
import { prepareRequest } from "#pki/request.ts";
import { signatureAlgorithms } from "#pki/signature.ts";
import { attachSignature } from "#pki/unsigned.ts";
import { CommandError } from "../terminal.ts";

export const keyTypes = ["P-256", "P-384", "RSA-2048", "RSA-3072"] as const;
export type ClientKeyType = (typeof keyTypes)[number];

export const clientFileNames = {
  key: "client-key.pem",
  certificate: "client-cert.pem",
  chain: "client-cert.crt",
  certificateAndKey: "client-cert-key.pem",
} as const;

/** Fails before anything is asked of the CA when a file is in the way. */
export function assertWritable(folder: string, force: boolean, more: readonly string[] = []): void {
  const there = [...Object.values(clientFileNames), ...more].filter((name) => existsSync(join(folder, name)));
  if (there.length > 0 && !force)
    throw new CommandError(
      "file-exists",
      `${folder} holds ${there.join(", ")} already: name another folder with --output, or replace them with --force`,
    );
}

export function makeKey(type: ClientKeyType): KeyObject {
  return type.startsWith("RSA")
    ? generateKeyPairSync("rsa", { modulusLength: Number(type.slice(4)) }).privateKey
    : generateKeyPairSync("ec", { namedCurve: type }).privateKey;
}

/** A signed request for that key, PEM. */
export function makeRequest(
  key: KeyObject,
  subject: readonly NameAttribute[],
  dnsNames: readonly string[],
): string {
  const publicKey = parsePublicKey(createPublicKey(key).export({ type: "spki", format: "der" }));
  const unsigned = prepareRequest({ publicKey, subject, dnsNames });
  const signature = sign(signatureAlgorithms[unsigned.algorithm].hash, unsigned.tbs, key);
  return encodePem("CERTIFICATE REQUEST", attachSignature(unsigned, signature));
}

export interface ClientFiles {
  /** Left out when the key never was here (`--csr`). */
  readonly key?: KeyObject;
  readonly certificate: string;
  readonly issuingCertificate: string;
}

/** Writes the files; returns their paths. */
export function writeClientFiles(folder: string, files: ClientFiles): string[] {
  mkdirSync(folder, { recursive: true });
  const key = files.key?.export({ type: "pkcs8", format: "pem" }) as string | undefined;
  const contents: readonly (readonly [string, string, number])[] = [
    ...(key ? [[clientFileNames.key, key, 0o600] as const] : []),
    [clientFileNames.certificate, files.certificate, 0o644],
    [clientFileNames.chain, files.certificate + files.issuingCertificate, 0o644],
    ...(key ? [[clientFileNames.certificateAndKey, files.certificate + key, 0o600] as const] : []),
  ];
  return contents.map(([name, text, mode]) => {
    const path = join(folder, name);
    const aside = `${path}.${process.pid}`;
    try {
      writeFileSync(aside, text, { mode, flag: "wx" });
      renameSync(aside, path);
    } catch (error) {
      rmSync(aside, { force: true });
      throw new CommandError("cannot-write", `${path} could not be written: ${(error as Error).message}`);
    }
    return path;
  });
}
