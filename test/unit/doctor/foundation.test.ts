// The foundation as deployed against the committed Terraform: what is behind, and what somebody has added.
import type { RoleReading } from "#aws/deployed-roles.ts";
import { foundation } from "#cli/doctor/checks/foundation.ts";
import { examine } from "#cli/doctor/examine.ts";
import { staging } from "#config/environments/staging/index.ts";
import { document, healthyFoundation } from "./healthy-foundation.ts";
import { environment, examined, healthyWorld, type World } from "./healthy-world.ts";

const [ca, api] = [environment.ca.account, environment.apis[0]?.account];
const found = async (spoil: (world: World) => void) => {
  const world = healthyWorld();
  spoil(world);
  const findings = await examine(examined(world), [foundation]);
  return findings.filter(({ verdict }) => verdict !== "ok");
};

test("what the committed Terraform says is what the code's statements say", async () => {
  expect(await found(() => undefined)).toEqual([]);
});

const role =
  (name: string, change: (role: RoleReading) => RoleReading | undefined, account = ca) =>
  (world: World) => {
    const key = `${account} mtls-api-dev-${name}`;
    const before = world.roles[key];
    if (!before) throw new Error(`no role ${key}`);
    world.roles[key] = change(before);
  };
type Written = { Sid: string; Action: string | string[]; Resource: string[]; Condition?: object };
const statements = (text: string) => (JSON.parse(text) as { Statement: Written[] }).Statement;
/** One statement of a policy of IAM, changed. */
const rewritten = (text: string, sid: string, change: (one: Written) => Written[]) =>
  document(statements(text).flatMap((one) => (one.Sid === sid ? change(one) : [one])));
const permissions = (name: string, sid: string, change: (one: Written) => Written[]) =>
  role(name, ({ policies, ...rest }) => {
    const own = `mtls-api-dev-${name}`;
    return { ...rest, policies: { [own]: rewritten(policies[own] ?? "", sid, change) } };
  });
const boundary = (change: (text: string) => string | undefined) => (world: World) => {
  const arn = `arn:aws:iam::${ca}:policy/mtls-api-dev-boundary`;
  world.managedPolicies[arn] = change(world.managedPolicies[arn] as string);
};
const [provider] = Object.keys(healthyWorld().oidcAudiences) as [string];

test.each<[what: string, spoil: (world: World) => void, says: RegExp]>([
  ["a role that is missing", role("plan", () => undefined), /role mtls-api-dev-plan is not there$/],
  [
    "a role that is missing in the API's account",
    role("gateway-logging", () => undefined, api),
    /role mtls-api-dev-gateway-logging is not there$/,
  ],
  [
    "an action that the role does not have yet",
    permissions("deploy", "Keys", () => []),
    /role mtls-api-dev-deploy may do something else than committed \(Keys\)$/,
  ],
  [
    "an action that it has no longer, in the code",
    permissions("deploy", "Keys", (one) => [one, { ...one, Action: ["kms:Sign"] }]),
    /may do something else than committed \(Keys\)$/,
  ],
  [
    "another resource",
    permissions("plan", "ReadStates", (one) => [{ ...one, Resource: ["arn:aws:s3:::other/*"] }]),
    /role mtls-api-dev-plan may do something else than committed \(ReadStates\)$/,
  ],
  [
    "a condition that is not there",
    permissions("deploy", "RolesWithinBoundary", ({ Condition: _, ...one }) => [one]),
    /committed \(RolesWithinBoundary\)$/,
  ],
  [
    "a Deny that somebody has put in",
    permissions("plan", "ReadStates", (one) => [
      one,
      { ...one, Effect: "Deny", Action: ["s3:GetObject"] } as Written,
    ]),
    /committed \(ReadStates\)$/,
  ],
  [
    "a policy of another name",
    role("plan", (one) => ({ ...one, policies: {} })),
    /role mtls-api-dev-plan has no policy mtls-api-dev-plan$/,
  ],
  [
    "an operator who is trusted no longer",
    role("deploy", (one) => ({
      ...one,
      trust: one.trust.replace(/"arn:aws:iam::\d+:role\/[^"]+"/, '"arn:aws:iam::999999999999:role/gone"'),
    })),
    /role mtls-api-dev-deploy trusts others than committed \(NamedRoles\)$/,
  ],
  [
    "a trust that cannot be read",
    role("deploy", (one) => ({ ...one, trust: document([{ Effect: "Allow", NotActions: "*" }]) })),
    /role mtls-api-dev-deploy trusts others than committed \(what is there cannot be read: /,
  ],
  [
    "another repository's pipeline",
    role("entry-deploy", (one) => ({ ...one, trust: one.trust.replace("repo:", "repo:else-") })),
    /role mtls-api-dev-entry-deploy trusts others than committed \(GitHubEnvironment\)$/,
  ],
  [
    "a role that the configuration has no longer",
    (world) => {
      world.roles[`${ca} mtls-api-dev-zone-deploy`] = { trust: document([]), policies: {}, attached: [] };
    },
    /role mtls-api-dev-zone-deploy is there still, and no longer wanted$/,
  ],
  ["no boundary", boundary(() => undefined), /policy mtls-api-dev-boundary is not there$/],
  [
    "a wider boundary",
    boundary((text) => rewritten(text, "Signatures", (one) => [{ ...one, Action: ["kms:*"] }])),
    /policy mtls-api-dev-boundary says something else than committed \(Signatures\)$/,
  ],
  [
    "GitHub's tokens unknown",
    (world) => {
      world.oidcAudiences = {};
    },
    /the account does not know GitHub's tokens$/,
  ],
  [
    "GitHub's tokens for somebody else too",
    (world) => {
      world.oidcAudiences[provider] = ["sts.amazonaws.com", "else"];
    },
    /GitHub's tokens are taken for sts\.amazonaws\.com, else, not for sts\.amazonaws\.com$/,
  ],
])("%s: behind, with the command that mends it", async (_, spoil, says) => {
  const all = await found(spoil);
  expect(all).toHaveLength(1);
  expect(all[0]).toMatchObject({ verdict: "fail", code: "foundation-behind" });
  expect(all[0]?.what).toMatch(says);
  expect(all[0]?.todo).toMatch(/: npm run bootstrap -- --env dev --account \d{12} --yes$/);
});

test.each([
  ["attached", { attached: ["arn:aws:iam::aws:policy/AdministratorAccess"] }, "AdministratorAccess"],
  ["written into it", { policies: { extra: document([]) } }, "extra"],
])("a policy that somebody else has %s is told: no bootstrap takes it away", async (_, more, name) => {
  const all = await found(
    role("plan", (one) => ({
      ...one,
      ...more,
      policies: { ...one.policies, ...("policies" in more ? more.policies : {}) },
    })),
  );
  expect(all).toMatchObject([{ verdict: "fail", code: "foundation-foreign-policy" }]);
  expect(all[0]?.what).toContain(name);
  expect(all[0]?.todo).not.toContain("bootstrap");
});

const throwing = (name: string) => {
  const at = examined(healthyWorld());
  const role = () => Promise.reject(Object.assign(new Error("not you"), { name }));
  return examine({ ...at, reader: (account, region) => ({ ...at.reader(account, region), role }) }, [
    foundation,
  ]);
};

test("roles that may not be read are those of an older foundation", async () => {
  const all = await throwing("AccessDeniedException");
  expect(all.map(({ code }) => code)).toEqual(["foundation-behind", "foundation-behind"]);
  expect(all[0]?.what).toBe("its roles may not be read: not you");
});

test("any other failure is one of the check, and no verdict", async () => {
  expect(await throwing("ThrottlingException")).toMatchObject([{ verdict: "fail", code: "unreadable" }]);
});

test("a project that was not synthesized says so, and is no verdict on the accounts", async () => {
  const at = examined(healthyWorld());
  const all = await examine({ ...at, environment: { ...environment, name: "nowhere" } }, [foundation]);
  expect(all).toMatchObject([{ verdict: "fail", code: "unreadable" }]);
  expect(all[0]?.what).toMatch(/foundation-nowhere-\d{12}\/cdk\.tf\.json is not there: npm run synth$/);
});

describe("a managed policy of ours, of an environment with a private edge", () => {
  const account = staging.apis[0]?.account;
  const policy = `arn:aws:iam::${account}:policy/mtls-api-staging-deploy-edge`;
  const at = async (spoil: (world: World) => void) => {
    const world = { ...healthyWorld(), ...healthyFoundation(staging) };
    spoil(world);
    const all = await examine(examined(world, staging), [foundation]);
    return all.filter(({ verdict }) => verdict !== "ok");
  };
  const attached = (change: (all: readonly string[]) => readonly string[]) => (world: World) => {
    const key = `${account} mtls-api-staging-deploy`;
    const before = world.roles[key] as RoleReading;
    world.roles[key] = { ...before, attached: change(before.attached) };
  };

  test("as committed it is no news", async () => {
    expect(await at(() => undefined)).toEqual([]);
  });

  test.each<[string, (world: World) => void, RegExp]>([
    [
      "not attached",
      attached(() => []),
      /role mtls-api-staging-deploy has no policy mtls-api-staging-deploy-edge$/,
    ],
    [
      "wider than committed",
      (world) => {
        const text = world.managedPolicies[policy] as string;
        world.managedPolicies[policy] = rewritten(text, "EdgeFleet", (one) => [{ ...one, Resource: ["*"] }]);
      },
      /policy mtls-api-staging-deploy-edge says something else than committed \(EdgeFleet\)$/,
    ],
  ])("%s: behind", async (_, spoil, says) => {
    const all = await at(spoil);
    expect(all).toMatchObject([{ verdict: "fail", code: "foundation-behind" }]);
    expect(all[0]?.what).toMatch(says);
  });

  test.each([
    ["beside it", "arn:aws:iam::aws:policy/AdministratorAccess"],
    ["of the same name in another account", "arn:aws:iam::999988887777:policy/mtls-api-staging-deploy-edge"],
  ])("one %s is somebody else's", async (_, other) => {
    const all = await at(attached((ours) => [...ours, other]));
    expect(all).toMatchObject([{ verdict: "fail", code: "foundation-foreign-policy" }]);
    expect(all[0]?.what).toContain(other);
  });
});
