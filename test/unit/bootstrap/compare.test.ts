// What bootstrap finds missing or different, against accounts that are played.
import { compareAccount, type Item, type Reader, samePolicy } from "#cli/bootstrap/compare.ts";
import { dev } from "#config/environments/dev/index.ts";
import { type AccountFoundation, foundationOf, loggingRole } from "#deploy/foundation/foundation.ts";

const [ca, api] = foundationOf(dev) as [AccountFoundation, AccountFoundation];
const whole = { versioned: true, encrypted: true, notPublic: true, tlsOnly: true };

function reader(of: AccountFoundation, parts: Partial<Reader> = {}): Reader {
  const roles = new Map([...of.roles, loggingRole].map((role) => [role.name, role]));
  return {
    bucketProtection: async () => whole,
    role: async (name) => roles.get(name),
    gatewayLogging: async () => `arn:aws:iam::${of.account}:role/${loggingRole.name}`,
    ...parts,
  };
}
const shown = (items: readonly Item[]) => items.map(({ kind, state }) => `${kind} ${state}`);

test("an account as it should be: nothing to do", async () => {
  for (const one of [ca, api]) {
    const items = await compareAccount(one, reader(one));
    expect(new Set(items.map((item) => item.state))).toEqual(new Set(["as it should be"]));
  }
});

test("an empty API account: bucket, roles, and logging after the role that it names", async () => {
  const empty: Reader = {
    bucketProtection: async () => undefined,
    role: async () => undefined,
    gatewayLogging: async () => undefined,
  };
  expect(shown(await compareAccount(api, empty))).toEqual([
    "bucket missing",
    ...["role missing", "role missing", "role missing"],
    "logging missing",
  ]);
  expect(shown(await compareAccount(ca, empty))).toEqual(["bucket missing", "role missing", "role missing"]);
});

test.each([
  ["versions", { versioned: false }, "not versioned"],
  ["encryption", { encrypted: false }, "not encrypted"],
  ["a way for the public", { notPublic: false }, "not closed to the public"],
  ["plain http", { tlsOnly: false }, "not TLS only"],
])("a bucket that differs in %s is told and put right", async (_, part, what) => {
  const bucketProtection = async () => ({ ...whole, ...part });
  const [bucket] = await compareAccount(ca, reader(ca, { bucketProtection }));
  expect(bucket).toMatchObject({ state: "differs", what });
});

test.each([
  ["who may assume it", { trust: { Version: "2012-10-17", Statement: [] } }],
  ["what it may do", { permissions: { Version: "2012-10-17", Statement: [] } }],
  ["what it may do", { permissions: undefined }],
])("a role that differs in %s is told", async (what, part) => {
  const known = reader(ca);
  const role: Reader["role"] = async (name) => {
    const found = await known.role(name);
    return found && name.endsWith("-plan") ? { ...found, ...part } : found;
  };
  const items = await compareAccount(ca, { ...known, role });
  expect(items.filter((one) => one.state !== "as it should be")).toEqual([
    expect.objectContaining({ name: "mtls-api-dev-plan", state: "differs", what }),
  ]);
});

test("another logging role is kept: the account and region are shared", async () => {
  const gatewayLogging = async () => "arn:aws:iam::444455556666:role/theirs";
  const items = await compareAccount(api, reader(api, { gatewayLogging }));
  expect(items.at(-1)).toMatchObject({ state: "as it should be", what: expect.stringContaining("theirs") });
});

test.each([
  ["one value, or a list of it", { Action: ["a"] }, { Action: "a" }, true],
  ["lists in another order", { Action: ["a", "b"] }, { Action: ["b", "a"] }, true],
  ["keys in another order", { A: 1, B: 2 }, { B: 2, A: 1 }, true],
  ["a further action", { Action: ["a", "b"] }, { Action: ["a"] }, false],
  ["a condition less", { Condition: {} }, {}, false],
  ["nothing", undefined, {}, false],
])("policies are compared as IAM reads them: %s", (_, found, wanted, same) => {
  expect(samePolicy(found, wanted)).toBe(same);
});
