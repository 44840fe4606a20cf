/**
 * The JWK (RFC 7517) of a P-256 key of KMS, computed by Terraform itself: no function, no file, and the plan shows
 * what will be published.
 *
 * KMS answers with a SubjectPublicKeyInfo in DER, always of the same 91 octets' shape (RFC 5480): 26 that say
 * "EC, P-256, bit string", 04, x and y of 32 octets each. Terraform knows no octets, so the base64 text is written out
 * as bits, and the bits of x and y are read again, six at a time, in the alphabet of base64url; 256 bits are 42 digits
 * and four bits, which the padding of two zeros completes (RFC 4648 3.5).
 */
import { TerraformLocal } from "cdktf";
import type { Construct } from "constructs";

const standard = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const urlSafe = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
/** Bits before x: 27 octets. */
const header = 27 * 8;
const coordinate = 32 * 8;

export interface KmsPublicKey {
  /** The data source's `public_key`, a reference. */
  readonly derBase64: string;
  /** `kid`, a reference. */
  readonly keyId: string;
}

/** JSON text with references in it. */
export function publicKeyJwk(scope: Construct, id: string, { derBase64, keyId }: KmsPublicKey): string {
  const bits = new TerraformLocal(scope, `${id}-bits`, bitsOf(derBase64));
  const x = new TerraformLocal(scope, `${id}-x`, digitsOf(bits.asString, header));
  const y = new TerraformLocal(scope, `${id}-y`, digitsOf(bits.asString, header + coordinate));
  const members = `"kty":"EC","crv":"P-256","alg":"ES256","use":"sig"`;
  return `{${members},"kid":"${keyId}","x":"${x.asString}","y":"${y.asString}"}`;
}

const bitsOf = (base64: string) =>
  `\${join("", [for digit in split("", trim(${base64}, "=")) : format("%06b", index(split("", "${standard}"), digit))])}`;

const digitsOf = (bits: string, from: number) =>
  `\${join("", [for at in range(0, ${coordinate}, 6) : substr("${urlSafe}", parseint(substr(format("%s00", substr(${bits}, ${from}, ${coordinate})), at, 6), 2), 1)])}`;
