/** What of an account's foundation is missing or differs, item by item; reads only. */
import { isDeepStrictEqual } from "node:util";
import type { FoundationReader } from "#aws/foundation-reader.ts";
import { roleArn } from "#contract/names.ts";
import { type AccountFoundation, type FoundationRole, loggingRole } from "#deploy/foundation/foundation.ts";

export type Reader = Pick<FoundationReader, keyof FoundationReader>;

export interface Item {
  readonly account: string;
  readonly kind: "bucket" | "role" | "logging";
  readonly name: string;
  readonly region: string;
  readonly state: "as it should be" | "missing" | "differs";
  readonly what: string;
  readonly role?: FoundationRole;
}

export async function compareAccount(
  foundation: AccountFoundation,
  reader: Reader,
): Promise<readonly Item[]> {
  const { account, buckets, roles, apiRegions, region } = foundation;
  const wanted = [...roles, ...(apiRegions.length > 0 ? [loggingRole] : [])];
  return Promise.all([
    ...buckets.map(async (bucket): Promise<Item> => {
      const found = await reader.bucketProtection(bucket.name, bucket.region);
      const lacks = Object.entries(found ?? {}).filter(([, is]) => !is);
      const what = lacks.map(([key]) => `not ${bucketWords[key as keyof typeof bucketWords]}`).join(", ");
      return {
        ...{ account, kind: "bucket", name: bucket.name, region: bucket.region },
        ...stated(found === undefined, what),
      };
    }),
    ...wanted.map(async (role): Promise<Item> => {
      const found = await reader.role(role.name);
      const what = [
        ...(samePolicy(found?.trust, role.trust) ? [] : ["who may assume it"]),
        ...(samePolicy(found?.permissions, role.permissions) ? [] : ["what it may do"]),
      ].join(" and ");
      return { account, kind: "role", name: role.name, region, role, ...stated(found === undefined, what) };
    }),
    // Last: it names a role, which must be there.
    ...apiRegions.map(async (one): Promise<Item> => {
      const found = await reader.gatewayLogging(one);
      const name = roleArn(account, loggingRole.name);
      const own = { account, kind: "logging", name, region: one } as const;
      // Whoever set another role had a reason: it logs as well.
      if (found !== undefined && found !== name)
        return { ...own, ...stated(false, ""), what: `kept: ${found}` };
      return { ...own, ...stated(found === undefined, "") };
    }),
  ]);
}

const bucketWords = {
  versioned: "versioned",
  encrypted: "encrypted",
  notPublic: "closed to the public",
  tlsOnly: "TLS only",
} as const;

function stated(isMissing: boolean, what: string): Pick<Item, "state" | "what"> {
  if (isMissing) return { state: "missing", what: "" };
  return what === "" ? { state: "as it should be", what } : { state: "differs", what };
}

/** Alike to IAM: one value or a list of one, in whatever order. */
export function samePolicy(found: unknown, wanted: unknown): boolean {
  return isDeepStrictEqual(canonical(found), canonical(wanted));
}

function canonical(value: unknown): unknown {
  if (Array.isArray(value)) {
    const items = value.map((one) => JSON.stringify(canonical(one))).sort();
    return items.length === 1 ? JSON.parse(items[0] as string) : items;
  }
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, one]) => [key, canonical(one)]),
  );
}
