/**
 * Writes a certification request (PKCS #10, RFC 2986): the subject and public key that somebody asks a
 * certificate for. The caller signs it with the private key, which is the proof of possession.
 */
import { contextTag } from "./der/reader.ts";
import { element, implicit, integer, octetString, oid, sequence, set } from "./der/writer.ts";
import { encodeName, type NameAttribute } from "./name.ts";
import type { PublicKey } from "./public-key.ts";
import { signingAlgorithmFor } from "./signature.ts";
import type { Unsigned } from "./unsigned.ts";

export interface RequestTemplate {
  readonly publicKey: PublicKey;
  readonly subject: readonly NameAttribute[];
  /** DNS names to ask for as subject alternative names. */
  readonly dnsNames?: readonly string[];
}

/** CertificationRequestInfo, to be signed with the key that it names. */
export function prepareRequest({ publicKey, subject, dnsNames = [] }: RequestTemplate): Unsigned {
  const attributes = dnsNames.length > 0 ? [extensionRequest(dnsNames)] : [];
  const tbs = sequence(
    integer(0),
    encodeName(subject),
    publicKey.spki,
    element(contextTag(0, true), ...attributes),
  );
  return { tbs, algorithm: signingAlgorithmFor(publicKey) };
}

/** extensionRequest (RFC 2985 5.4.2) with a subjectAltName (RFC 5280 4.2.1.6). */
function extensionRequest(dnsNames: readonly string[]): Buffer {
  const names = sequence(...dnsNames.map((name) => implicit(2, Buffer.from(name, "latin1"))));
  const subjectAltName = sequence(oid("2.5.29.17"), octetString(names));
  return sequence(oid("1.2.840.113549.1.9.14"), set(sequence(subjectAltName)));
}
