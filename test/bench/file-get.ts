/** Stands in for aws/signed-get.ts where the decision is measured without the fetch: the same objects, from files. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { SignedGet } from "#aws/signed-get.ts";

export function createSignedGet(): SignedGet {
  const folder = process.env.BENCH_OBJECTS as string;
  return async ({ key, ifNoneMatch }) =>
    ifNoneMatch === undefined
      ? { kind: "found", body: readFileSync(join(folder, key)), etag: key }
      : { kind: "not-modified" };
}
