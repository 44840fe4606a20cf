// What bootstrap finds of the state buckets, against accounts that are played.
import { type BucketReader, compareBuckets, makeBucket } from "#cli/bootstrap/buckets.ts";
import { dev } from "#config/environments/dev/index.ts";
import { foundationAccounts } from "#config/foundation-accounts.ts";
import { type Answer, fakeAws } from "../aws/fake-aws.ts";

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

describe("a bucket that is made by two at once", () => {
  const item = { account: ca.account, kind: "bucket", state: "missing", what: "" } as const;
  const make = async (...answers: readonly Answer[]) => {
    const aws = await fakeAws(...answers);
    try {
      await makeBucket({ ...item, name: "state", region: "eu-west-2" }, aws.connection);
      return aws.asked.map(({ method, path }) => `${method} ${path}`);
    } finally {
      await aws.close();
    }
  };
  const refused = (code: string) => ({
    status: 409,
    headers: { "content-type": "application/xml" },
    body: `<Error><Code>${code}</Code><Message>no</Message></Error>`,
  });

  test("is put right by whoever comes second", async () => {
    const asked = await make(refused("BucketAlreadyOwnedByYou"), {});
    expect(asked.filter((one) => one.startsWith("PUT")).length).toBeGreaterThan(3);
  });

  test("is waited for while the other's order is carried out", async () => {
    await expect(make(refused("OperationAborted"))).rejects.toMatchObject({
      ...{ code: "locked", exitCode: 1 },
      message: "somebody else is at work on bucket state: wait for that run",
    });
  });

  test("is not ours when it is another account's", async () => {
    await expect(make(refused("BucketAlreadyExists"))).rejects.toMatchObject({ name: "BucketAlreadyExists" });
  });
});
