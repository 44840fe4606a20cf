/** A key and its certification request, as a partner makes them on a machine of its own. */
import { createPublicKey, generateKeyPairSync, sign } from "node:crypto";
import { encodePem } from "#pki/pem.ts";
import { parsePublicKey } from "#pki/public-key.ts";
import { prepareRequest } from "#pki/request.ts";
import { signatureAlgorithms } from "#pki/signature.ts";
import { attachSignature } from "#pki/unsigned.ts";

export interface KeyAndRequest {
  /** PEM, both. */
  readonly key: string;
  readonly csr: string;
}

export function makeRequest(commonName: string, organizationalUnit: string): KeyAndRequest {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const publicKey = parsePublicKey(createPublicKey(privateKey).export({ type: "spki", format: "der" }));
  const unsigned = prepareRequest({
    publicKey,
    subject: [
      { type: "OU", value: organizationalUnit },
      { type: "CN", value: commonName },
    ],
  });
  const signature = sign(signatureAlgorithms[unsigned.algorithm].hash, unsigned.tbs, privateKey);
  return {
    key: privateKey.export({ type: "pkcs8", format: "pem" }) as string,
    csr: encodePem("CERTIFICATE REQUEST", attachSignature(unsigned, signature)),
  };
}
