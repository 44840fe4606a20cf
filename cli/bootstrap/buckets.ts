/** The buckets of Terraform's states, which must be there before Terraform: how they are, and making them so. */
import { AccountSeed } from "#aws/account-seed.ts";
import type { Connection } from "#aws/connection.ts";
import type { FoundationReader } from "#aws/foundation-reader.ts";
import type { FoundationAccount } from "#config/foundation-accounts.ts";
import { CommandError } from "../terminal.ts";
import type { Item } from "./item.ts";

export type BucketReader = Pick<FoundationReader, "bucketProtection">;

export function compareBuckets(
  { account, buckets }: FoundationAccount,
  reader: BucketReader,
): Promise<readonly Item[]> {
  return Promise.all(
    buckets.map(async ({ name, region }): Promise<Item> => {
      const found = await reader.bucketProtection(name, region);
      const own = { account, kind: "bucket", name, region } as const;
      if (!found) return { ...own, state: "missing", what: "" };
      const what = Object.entries(words).flatMap(([key, word]) =>
        found[key as keyof typeof words] ? [] : [`not ${word}`],
      );
      return what.length > 0
        ? { ...own, state: "differs", what: what.join(", ") }
        : { ...own, state: "as it should be", what: "" };
    }),
  );
}

const words = {
  versioned: "versioned",
  encrypted: "encrypted",
  notPublic: "closed to the public",
  tlsOnly: "TLS only",
} as const;

export async function makeBucket({ name, region }: Item, connection: Connection): Promise<void> {
  await new AccountSeed({ ...connection, region }).stateBucket(name).catch((error: Error) => {
    // S3 lets one make or change a bucket at a time.
    if (error.name !== "OperationAborted") throw error;
    throw new CommandError("locked", `somebody else is at work on bucket ${name}: wait for that run`);
  });
}
