/**
 * The external bucket in S3. Every write is conditional (If-Match on the ETag that was read, or If-None-Match *), so
 * that nothing is overwritten that has not been looked at.
 */
import { GetObjectCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import type { ExternalBucket, PutCondition, StoredObject } from "#ca/ports.ts";
import { type Connection, clientConfiguration } from "./connection.ts";
import { denying } from "./denying.ts";

const requestTimeout = 15_000;

export class S3ExternalBucket implements ExternalBucket {
  readonly #client: S3Client;
  readonly #bucket: string;

  constructor(connection: Connection, bucket: string) {
    this.#client = new S3Client(clientConfiguration(connection, requestTimeout));
    this.#bucket = bucket;
  }

  uri(key: string): string {
    return `s3://${this.#bucket}/${key}`;
  }

  async get(key: string): Promise<StoredObject | undefined> {
    try {
      const answer = await this.#client.send(new GetObjectCommand({ Bucket: this.#bucket, Key: key }));
      if (!answer.Body || !answer.ETag || !answer.VersionId)
        throw new Error(`S3 returned ${key} without body, ETag or version: is the bucket versioned?`);
      const body = Buffer.from(await answer.Body.transformToByteArray());
      return { body, etag: answer.ETag, version: answer.VersionId };
    } catch (error) {
      // Without ListBucket an absent object answers 403: the conditional put that follows tells them apart.
      if (status(error) === 404 || status(error) === 403) return undefined;
      throw error;
    }
  }

  async put(key: string, body: Buffer, contentType: string, condition: PutCondition): Promise<boolean> {
    try {
      await denying(() =>
        this.#client.send(
          new PutObjectCommand({
            Bucket: this.#bucket,
            Key: key,
            Body: body,
            ContentType: contentType,
            ...("etag" in condition ? { IfMatch: condition.etag } : { IfNoneMatch: "*" }),
          }),
        ),
      );
      return true;
    } catch (error) {
      // 412: another object is there. 409: another put was under way. 404: what was read has been deleted.
      if ([404, 409, 412].includes(status(error) ?? 0)) return false;
      throw error;
    }
  }
}

function status(error: unknown): number | undefined {
  return (error as { $metadata?: { httpStatusCode?: number } } | undefined)?.$metadata?.httpStatusCode;
}
