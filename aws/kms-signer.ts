/** Signs with KMS: digests only (a CRL soon exceeds the 4096 bytes that KMS takes raw). */
import { GetPublicKeyCommand, KMSClient, SignCommand, type SigningAlgorithmSpec } from "@aws-sdk/client-kms";
import type { Signer } from "#ca/ports.ts";
import { type SignatureAlgorithm, signatureAlgorithms } from "#pki/signature.ts";
import { type Connection, clientConfiguration } from "./connection.ts";
import { denying } from "./denying.ts";

const requestTimeout = 10_000;

export class KmsSigner implements Signer {
  readonly #client: KMSClient;

  constructor(connection: Connection) {
    this.#client = new KMSClient(clientConfiguration(connection, requestTimeout));
  }

  async publicKey(keyArn: string): Promise<Buffer> {
    const { PublicKey } = await denying(() => this.#client.send(new GetPublicKeyCommand({ KeyId: keyArn })));
    return bytes(PublicKey, `KMS returned no public key for ${keyArn}`);
  }

  async sign(keyArn: string, algorithm: SignatureAlgorithm, digest: Buffer): Promise<Buffer> {
    const { Signature } = await denying(() =>
      this.#client.send(
        new SignCommand({
          KeyId: keyArn,
          Message: digest,
          MessageType: "DIGEST",
          SigningAlgorithm: signatureAlgorithms[algorithm].kms as SigningAlgorithmSpec,
        }),
      ),
    );
    return bytes(Signature, `KMS returned no signature of ${keyArn}`);
  }
}

function bytes(value: Uint8Array | undefined, message: string): Buffer {
  if (!value) throw new Error(message);
  return Buffer.from(value);
}
