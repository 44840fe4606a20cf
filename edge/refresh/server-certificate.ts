/**
 * The server's certificate and key, out of the text of their secret.
 *
 * Guarantees: the key is the certificate's, and the certificate is for every name that is served. An expired one is not
 * refused: clients do that, and refusing it here would keep fresh CRLs from NGINX. No error quotes the secret.
 */
import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import { serverCertificateKeys } from "#contract/private-edge.ts";
import { fields, string } from "#contract/strict-json.ts";
import { decodePem, encodePem } from "#pki/pem.ts";

export interface ServerCertificate {
  /** Leaf first. */
  readonly chainPem: string;
  readonly keyPem: string;
  readonly notAfter: Date;
}

export function readServerCertificate(secret: string, names: readonly string[]): ServerCertificate {
  const { certificate, privateKey } = fields(
    json(secret),
    "server certificate",
    serverCertificateKeys,
    string,
  );
  const chain = decodePem(certificate, "CERTIFICATE");
  const leaf = new X509Certificate(chain[0] as Buffer);
  const key = readKey(privateKey);
  if (!leaf.checkPrivateKey(key))
    throw new Error("server certificate: the private key is another certificate's");
  const missing = names.filter((name) => leaf.checkHost(name) === undefined);
  if (missing.length > 0) throw new Error(`server certificate: not for ${missing.join(", ")}`);
  return {
    chainPem: chain.map((der) => encodePem("CERTIFICATE", der)).join(""),
    keyPem: key.export({ format: "pem", type: "pkcs8" }) as string,
    notAfter: new Date(leaf.validTo),
  };
}

function json(secret: string): unknown {
  try {
    return JSON.parse(secret);
  } catch {
    throw new Error("server certificate: the secret is no JSON");
  }
}

function readKey(pem: string): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch {
    throw new Error("server certificate: the private key cannot be read");
  }
}
