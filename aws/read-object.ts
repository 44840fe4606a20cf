/** One object of a bucket, whole. */
import { GetObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { type Connection, clientConfiguration } from "./connection.ts";

/** Undefined when there is no such object; every other failure is the SDK's error. */
export async function readObject(
  connection: Connection,
  bucket: string,
  key: string,
): Promise<Buffer | undefined> {
  // Path-style: an endpoint on loopback has no name for each bucket.
  const client = new S3Client({
    ...clientConfiguration(connection),
    forcePathStyle: connection.endpoint !== undefined,
  });
  try {
    const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
    return Body ? Buffer.from(await Body.transformToByteArray()) : Buffer.alloc(0);
  } catch (error) {
    if ((error as Error).name === "NoSuchKey") return undefined;
    throw error;
  } finally {
    client.destroy();
  }
}
