/**
 * The foundation of each account is what the committed Terraform says: roles, who may assume them and what they may
 * do, the boundary, GitHub's provider. When it is behind, a deployment would end in an AccessDenied that names neither.
 *
 * What only Terraform's own plan sees (descriptions, tags) is not compared; API Gateway's logging has its own check.
 */
import type { RoleReading } from "#aws/deployed-roles.ts";
import { type FoundationAccount, foundationAccounts } from "#config/foundation-accounts.ts";
import { accesses, boundaryArn, boundaryName, githubProviderArn, roleNames } from "#contract/names.ts";
import { type CommittedRole, committedFoundation } from "../../committed-foundation.ts";
import { policyDifferences } from "../../review/policies/same-policy.ts";
import { fromJson, type Policy } from "../../review/policies/statement.ts";
import type { JsonObject } from "../../review/stack.ts";
import { type Check, type Examined, type Finding, fail, ok, type Reader } from "../check.ts";

export const foundation: Check = {
  code: "foundation",
  run: async (at) =>
    (await Promise.all(foundationAccounts(at.environment).map((account) => ofAccount(at, account)))).flat(),
};

async function ofAccount({ environment: { name }, reader }: Examined, at: FoundationAccount) {
  const behind = (what: string): Finding =>
    fail("foundation-behind", at.stack, what, `an administrator of ${at.account}: ${bootstrap(name, at)}`);
  try {
    const found = await differences(name, at, reader(at.account, at.region));
    const more = found.more.map((what) =>
      fail("foundation-foreign-policy", at.stack, what, "nobody has reviewed it: take it off the role"),
    );
    const all = [...found.behind.map(behind), ...more];
    return all.length > 0 ? all : [ok("foundation", at.stack, "as committed")];
  } catch (error) {
    // A foundation from before this question was asked does not let it be asked.
    if (!/^AccessDenied/.test((error as Error).name)) throw error;
    return [behind(`its roles may not be read: ${(error as Error).message}`)];
  }
}

const bootstrap = (name: string, { account }: FoundationAccount): string =>
  `npm run bootstrap -- --env ${name} --account ${account} --yes`;

interface Differences {
  readonly behind: readonly string[];
  /** What nobody of ours has put there. */
  readonly more: readonly string[];
}

async function differences(name: string, at: FoundationAccount, reader: Reader): Promise<Differences> {
  const wanted = committedFoundation(at.stack);
  const names = [...new Set([...wanted.roles.map((one) => one.name), ...everyRole(name, at)])];
  const roles = await Promise.all(
    names.map(async (role) => {
      const committed = wanted.roles.find((one) => one.name === role);
      const found = await reader.role(role);
      const { behind, more } = roleDifferences(role, committed, found);
      if (!committed || !found) return { behind, more };
      const { attached, foreign } = await attachedDifferences(committed, found, at.account, reader);
      return { behind: [...behind, ...attached], more: [...more, ...foreign] };
    }),
  );
  const boundary = wanted.boundary
    ? boundaryDifferences(name, wanted.boundary, await reader.managedPolicy(boundaryArn(at.account, name)))
    : [];
  const provider = wanted.audiences
    ? providerDifferences(wanted.audiences, await reader.oidcAudiences(githubProviderArn(at.account)))
    : [];
  return {
    behind: [...roles.flatMap((one) => one.behind), ...boundary, ...provider],
    more: roles.flatMap((one) => one.more),
  };
}

/** Those that a foundation may have made once; where a zone is alone no others may be read. */
const everyRole = (name: string, { hasStacks }: FoundationAccount): string[] => [
  ...accesses.map((access) => roleNames.zone(name, access)),
  ...(hasStacks ? accesses.map((access) => roleNames.worker(name, access)) : []),
  ...(hasStacks ? accesses.map((access) => roleNames.entry(name, access)) : []),
  ...(hasStacks ? [roleNames.gatewayLogging(name)] : []),
];

function roleDifferences(
  role: string,
  wanted: CommittedRole | undefined,
  found: RoleReading | undefined,
): Differences {
  if (!wanted)
    return { behind: found ? [`role ${role} is there still, and no longer wanted`] : [], more: [] };
  if (!found) return { behind: [`role ${role} is not there`], more: [] };
  const trust = policyDifferences(wanted.trust, read(found.trust));
  const policies = [...wanted.policies].flatMap(([name, policy]): string[] => {
    const text = found.policies[name];
    if (text === undefined) return [`role ${role} has no policy ${name}`];
    return told(`role ${role} may do something else`, policyDifferences(policy, read(text)));
  });
  const foreign = Object.keys(found.policies).filter((name) => !wanted.policies.has(name));
  return {
    behind: [...told(`role ${role} trusts others`, trust), ...policies],
    more: foreign.map((policy) => notOurs(role, policy)),
  };
}

const notOurs = (role: string, policy: string) => `role ${role} has a policy that is not ours: ${policy}`;

/** Managed policies: ours, with what they say, and those of others. */
async function attachedDifferences(
  { name, attached: wanted }: CommittedRole,
  { attached: found }: RoleReading,
  account: string,
  reader: Reader,
): Promise<{ readonly attached: readonly string[]; readonly foreign: readonly string[] }> {
  const ours = [...wanted].map(([policy, says]) => ({
    ...{ policy, says },
    arn: `arn:aws:iam::${account}:policy/${policy}`,
  }));
  const attached = ours.map(async ({ policy, says, arn }): Promise<string[]> => {
    const text = found.includes(arn) ? await reader.managedPolicy(arn) : undefined;
    if (text === undefined) return [`role ${name} has no policy ${policy}`];
    return told(`policy ${policy} says something else`, policyDifferences(says, read(text)));
  });
  const foreign = found.filter((arn) => !ours.some((one) => one.arn === arn));
  return {
    attached: (await Promise.all(attached)).flat(),
    foreign: foreign.map((arn) => notOurs(name, arn)),
  };
}

function boundaryDifferences(name: string, wanted: Policy, text: string | undefined): string[] {
  const boundary = boundaryName(name);
  if (text === undefined) return [`policy ${boundary} is not there`];
  return told(`policy ${boundary} says something else`, policyDifferences(wanted, read(text)));
}

function providerDifferences(wanted: readonly string[], found: readonly string[] | undefined): string[] {
  if (!found) return ["the account does not know GitHub's tokens"];
  const same = found.length === wanted.length && wanted.every((one) => found.includes(one));
  return same ? [] : [`GitHub's tokens are taken for ${found.join(", ")}, not for ${wanted.join(", ")}`];
}

const told = (what: string, statements: readonly string[]): string[] =>
  statements.length > 0 ? [`${what} than committed (${statements.join(", ")})`] : [];

const read = (text: string): Policy => fromJson(JSON.parse(text) as JsonObject);
