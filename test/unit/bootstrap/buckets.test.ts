// What bootstrap finds of the state buckets, against accounts that are played.
import { type BucketReader, compareBuckets } from "#cli/bootstrap/buckets.ts";
import { dev } from "#config/environments/dev/index.ts";
import { foundationAccounts } from "#config/foundation-accounts.ts";

const [ca] = foundationAccounts(dev);
const whole = { versioned: true, encrypted: true, notPublic: true, tlsOnly: true };
const found = (protection: Awaited<ReturnType<BucketReader["bucketProtection"]>>) =>
  compareBuckets(ca, { bucketProtection: async () => protection });

test("a bucket as it should be, and one that is missing", async () => {
  expect(await found(whole)).toMatchObject([
    { name: "mtls-api-dev-state-111122223333", state: "as it should be", what: "" },
  ]);
  expect(await found(undefined)).toMatchObject([{ state: "missing" }]);
});

test.each([
  ["versions", { versioned: false }, "not versioned"],
  ["encryption", { encrypted: false }, "not encrypted"],
  ["a way for the public", { notPublic: false }, "not closed to the public"],
  ["plain http", { tlsOnly: false }, "not TLS only"],
  ["two points", { versioned: false, tlsOnly: false }, "not versioned, not TLS only"],
])("a bucket that differs in %s is told", async (_, part, what) => {
  expect(await found({ ...whole, ...part })).toMatchObject([{ state: "differs", what }]);
});
