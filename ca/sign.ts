/** Signs what has been prepared and linted, and believes the signer only after verifying. */
import type { PublicKey } from "#pki/public-key.ts";
import { verifySignature } from "#pki/signature.ts";
import { attachSignature, digestOf, type Unsigned } from "#pki/unsigned.ts";
import { CaFault } from "./fault.ts";
import { patiently } from "./patience.ts";
import type { Clock, Signer } from "./ports.ts";

export interface SigningKey {
  readonly keyArn: string;
  /** The public key of the issuer's certificate: the signature must verify under it. */
  readonly publicKey: PublicKey;
}

/** The whole DER, signature verified. */
export async function signAndVerify(
  { signer, clock }: { readonly signer: Signer; readonly clock: Clock },
  key: SigningKey,
  unsigned: Unsigned,
): Promise<Buffer> {
  const signature = await patiently(clock, () =>
    signer.sign(key.keyArn, unsigned.algorithm, digestOf(unsigned)),
  );
  if (!verifySignature(unsigned.algorithm, key.publicKey, unsigned.tbs, signature))
    throw new CaFault(
      "signature-does-not-verify",
      `the signature of ${key.keyArn} does not verify under the certificate's key: is it the generation's key?`,
    );
  return attachSignature(unsigned, signature);
}
