/** The buckets of Terraform's states: versioned, encrypted, not public, TLS only. */
import { type Check, type Finding, fail, ok } from "../check.ts";

const protections = {
  versioned: "not versioned: a broken state cannot be put back",
  encrypted: "not encrypted by default",
  notPublic: "public access is not blocked",
  tlsOnly: "answers plain http: no policy denies it",
} as const;

export const stateBuckets: Check = {
  code: "state-buckets",
  run: async ({ environment, reader }) => {
    const places = [environment.ca, ...environment.apis];
    const buckets = new Map(places.map((place) => [place.state.bucket, place]));
    const all = [...buckets].map(async ([bucket, { account, state }]): Promise<Finding[]> => {
      const found = await reader(account, state.region).bucketProtection(bucket);
      const todo = `npm run bootstrap -- --env ${environment.name} --yes`;
      if (!found) return [fail("state-bucket-missing", bucket, "there is no such bucket", todo)];
      const lacks = Object.entries(protections).filter(([key]) => !found[key as keyof typeof protections]);
      return lacks.length > 0
        ? lacks.map(([, what]) => fail("state-bucket-unprotected", bucket, what, todo))
        : [ok("state-bucket", bucket, "versioned, encrypted, not public, TLS only")];
    });
    return (await Promise.all(all)).flat();
  },
};
