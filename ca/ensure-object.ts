/** Brings an object of the bucket to given bytes; writes only when they differ, and reads back what it wrote. */
import { CaFault } from "./fault.ts";
import type { ExternalBucket, StoredObject } from "./ports.ts";

const attempts = 4;

/** The object as it lies there now, its bytes those that were wanted. */
export async function ensureObject(
  bucket: ExternalBucket,
  key: string,
  body: Buffer,
  contentType: string,
): Promise<StoredObject> {
  for (let attempt = 0; attempt < attempts; attempt++) {
    const current = await bucket.get(key);
    if (current?.body.equals(body)) return current;
    await bucket.put(key, body, contentType, current ? { etag: current.etag } : { absent: true });
  }
  throw new CaFault(
    "object-contention",
    `${key} changed, or could not be read, at each of ${attempts} attempts`,
  );
}
