/** Reads a truststore as API Gateway does: one object, one version of it. */
import { GetObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { type Connection, clientConfiguration } from "./connection.ts";

/** API Gateway takes no truststore over 1 MB. */
const maxTruststoreBytes = 1_000_000;

export class TruststoreObjects {
  readonly #client: S3Client;

  constructor(connection: Connection) {
    // The bucket is in the CA's region, the domain perhaps in another.
    const reading = { forcePathStyle: true, followRegionRedirects: true };
    this.#client = new S3Client({ ...clientConfiguration(connection), ...reading });
  }

  /** The latest version when none is named. Throws the SDK's error when it cannot be read. */
  async read(uri: string, version: string | undefined): Promise<string> {
    const match = /^s3:\/\/([^/]+)\/(.+)$/.exec(uri);
    if (!match) throw new Error(`truststore URI ${uri} is not s3://bucket/key`);
    const { Body, ContentLength } = await this.#client.send(
      new GetObjectCommand({ Bucket: match[1], Key: match[2], ...(version ? { VersionId: version } : {}) }),
    );
    if (!Body) throw new Error(`truststore ${uri} has no body`);
    if ((ContentLength ?? 0) > maxTruststoreBytes)
      throw new Error(
        `truststore ${uri} has ${ContentLength} bytes; API Gateway takes ${maxTruststoreBytes}`,
      );
    return await Body.transformToString("utf8");
  }
}
