// A rollout with a world that is played: order, stops, resumption, and what must be refused before anything is planned.
import { type Rollout, type Runner, rollOut } from "#cli/rollout/rollout.ts";
import { wayBack } from "#cli/rollout/way-back.ts";
import { dev } from "#config/environments/dev/index.ts";
import { staging } from "#config/environments/staging/index.ts";

interface World extends Runner {
  readonly calls: string[];
}

/** Every stack has one change until it is deployed; a part may be replaced. */
function world(parts: Partial<Runner> = {}, before: readonly string[] = []): World {
  const calls: string[] = [];
  const deployed = new Set(before);
  const called =
    <A extends unknown[], R>(name: string, answer: (...args: A) => R) =>
    async (...args: A): Promise<R> => {
      const first: unknown = args[0];
      calls.push(
        `${name} ${typeof first === "string" ? first : ((first as { name?: string })?.name ?? "")}`.trim(),
      );
      return answer(...args);
    };
  return {
    calls,
    refuseWrongAccounts: called("account", () => undefined),
    lock: called("lock", () => undefined),
    generationProblem: called("generation", () => undefined),
    isCaDeployed: async ({ name }) => deployed.has(`${name}-ca`),
    synthesize: called("synth", () => undefined),
    foundationProblems: called("foundation", () => []),
    plan: called("plan", (stack: string) => (deployed.has(stack) ? 0 : 1)),
    deploy: called("deploy", (stack: string) => void deployed.add(stack)),
    doctor: called("doctor", () => []),
    ...parts,
  };
}

const run = (runner: Runner, planOnly = false): Promise<Rollout> =>
  rollOut([dev, staging], runner, { planOnly, say: () => undefined });
const states = ({ steps }: Rollout) => steps.map(({ step, state }) => `${step} ${state}`);

test("the CA before its APIs, doctor after them, environment by environment", async () => {
  const at = world();
  const result = await run(at);
  expect(result.failed).toBe(false);
  expect(states(result)).toEqual([
    ...["dev-ca deployed", "dev-api deployed", "doctor well"],
    ...["staging-ca deployed", "staging-api deployed", "doctor well"],
  ]);
  expect(at.calls.filter((one) => /^(synth|deploy|doctor)/.test(one))).toEqual([
    ...["synth", "deploy dev-ca", "deploy dev-api", "doctor dev"],
    ...["deploy staging-ca", "deploy staging-api", "doctor staging"],
  ]);
});

test("every account is tried before anything is planned, the last environment's too", async () => {
  const refuseWrongAccounts: Runner["refuseWrongAccounts"] = async ({ name }) => {
    if (name === "staging") throw new Error("wrong account");
  };
  const at = world({ refuseWrongAccounts });
  await expect(run(at)).rejects.toThrow("wrong account");
  await expect(run(at, true)).rejects.toThrow("wrong account");
  expect(at.calls).toEqual([]);
});

test("a held lock says whose it is and how to free it, and nothing is planned", async () => {
  const held = { id: "lock-1", operation: "OperationTypeApply", who: "ann@build", created: "2026-03-01" };
  const at = world({ lock: async (_, stack) => (stack === "staging-api" ? held : undefined) });
  await expect(run(at)).rejects.toThrow(
    /staging-api is locked by ann@build since 2026-03-01[\s\S]*force-unlock lock-1/,
  );
  expect(at.calls.filter((one) => /^(plan|deploy|synth)/.test(one))).toEqual([]);
});

test("a generation that no API trusts yet is not made active", async () => {
  const at = world({ generationProblem: async () => "generation g2 is not in the truststore yet" });
  await expect(run(at)).rejects.toThrow("dev: generation g2 is not in the truststore yet");
  expect(at.calls.filter((one) => /^(plan|deploy|synth)/.test(one))).toEqual([]);
});

const behind: Runner["foundationProblems"] = async ({ name }) =>
  name === "staging" ? ["foundation-behind: npm run bootstrap -- --env staging"] : [];

test("a foundation that is behind ends it before anything is planned, the last environment's too", async () => {
  const at = world({ foundationProblems: behind });
  await expect(run(at)).rejects.toThrow(
    "the foundation is not as committed, nothing was begun:\nfoundation-behind: npm run bootstrap -- --env staging",
  );
  expect(at.calls.filter((one) => /^(plan|deploy|doctor)/.test(one))).toEqual([]);
});

test("the foundation is compared with what was just synthesized", async () => {
  const at = world();
  await run(at);
  const calls = at.calls.filter((one) => /^(synth|foundation|plan dev-ca)/.test(one));
  expect(calls).toEqual(["synth", "foundation dev", "foundation staging", "plan dev-ca"]);
});

test("a plan on a foundation that is behind is made, and says so: a pull request changes it first", async () => {
  const at = world({ foundationProblems: behind });
  const result = await run(at, true);
  expect(states(result)).toContain("dev-ca planned");
  expect(result.foundation).toEqual(["foundation-behind: npm run bootstrap -- --env staging"]);
});

test.each([
  ["a plan", "plan", "dev-api", ["dev-ca deployed", "dev-api failed", "doctor not begun"]],
  ["a deployment", "deploy", "dev-ca", ["dev-ca failed", "dev-api not begun", "doctor not begun"]],
])("%s that fails ends the rollout: later environments are not touched", async (_, part, where, expected) => {
  const at = world();
  const fail = (stack: string) => {
    if (stack === where) throw new Error("no such luck");
  };
  const failing: Partial<Runner> =
    part === "plan"
      ? {
          plan: async (stack) => {
            fail(stack);
            return at.plan(stack);
          },
        }
      : {
          deploy: async (stack, progress) => {
            fail(stack);
            return at.deploy(stack, progress);
          },
        };
  const result = await run({ ...at, ...failing });
  expect(result.failed).toBe(true);
  expect(states(result).slice(0, 3)).toEqual(expected);
  expect(at.calls.filter((one) => one.includes("staging") && /^(plan|deploy|doctor)/.test(one))).toEqual([]);
  const text = wayBack(result.steps, ["dev", "staging"]).join("\n");
  expect(text).toContain(`stopped at dev: ${where}`);
  expect(text).toContain("no such luck");
  expect(text).toContain("not touched: staging");
  expect(text).toMatch(/on: .*npm run rollout -- dev staging/);
  expect(text).toMatch(/back: git revert/);
});

test("what doctor finds ends the rollout", async () => {
  const at = world({ doctor: async () => ["execute-api-open dev-api: open"] });
  const result = await run(at);
  expect(states(result)).toEqual([
    ...["dev-ca deployed", "dev-api deployed", "doctor failed"],
    ...["staging-ca not begun", "staging-api not begun", "doctor not begun"],
  ]);
  expect(wayBack(result.steps, ["dev"]).join("\n")).toContain("execute-api-open dev-api: open");
});

test("the same command again goes on where it stopped", async () => {
  const at = world({}, ["dev-ca", "dev-api", "staging-ca"]);
  const result = await run(at);
  expect(states(result)).toEqual([
    ...["dev-ca unchanged", "dev-api unchanged", "doctor well"],
    ...["staging-ca unchanged", "staging-api deployed", "doctor well"],
  ]);
  expect(at.calls.filter((one) => one.startsWith("deploy"))).toEqual(["deploy staging-api"]);
});

test("plans only: nothing is deployed, and a new environment's API is pending its CA", async () => {
  const at = world({}, ["dev-ca"]);
  const result = await run(at, true);
  expect(states(result)).toEqual([
    ...["dev-ca unchanged", "dev-api planned"],
    ...["staging-ca planned", "staging-api pending CA"],
  ]);
  expect(at.calls.filter((one) => /^(deploy|doctor|lock)/.test(one))).toEqual([]);
});

test.each([
  ["in the middle of a deployment", "deploy dev-ca", "dev-ca interrupted"],
  ["while doctor looks", "doctor dev", "doctor well"],
])("interrupted %s: that step ends as it can, and no other begins", async (_, when, expected) => {
  const interruption = new AbortController();
  const at = world({
    deploy: async (stack) => {
      if (when !== `deploy ${stack}`) return;
      interruption.abort();
      throw new Error("execution halted");
    },
    doctor: async ({ name }) => {
      if (when === `doctor ${name}`) interruption.abort();
      return [];
    },
    isCaDeployed: async () => true,
  });
  const result = await rollOut([dev, staging], at, {
    ...{ planOnly: false, say: () => undefined, signal: interruption.signal },
  });
  expect(result).toMatchObject({ failed: false, interrupted: true });
  expect(states(result)).toContain(expected);
  expect(states(result).slice(-3)).toEqual([
    ...["staging-ca not begun", "staging-api not begun", "doctor not begun"],
  ]);
  const text = wayBack(result.steps, ["dev", "staging"]).join("\n");
  expect(text).toContain("not touched: ");
  expect(text).toMatch(/on: {3}the same command again/);
});

test("interrupted between plan and deployment: nothing is deployed", async () => {
  const interruption = new AbortController();
  const at = world();
  const planned: Runner["plan"] = (stack) => {
    interruption.abort();
    return at.plan(stack);
  };
  const result = await rollOut(
    [dev],
    { ...at, plan: planned },
    {
      ...{ planOnly: false, say: () => undefined, signal: interruption.signal },
    },
  );
  expect(states(result)).toEqual(["dev-ca interrupted", "dev-api not begun", "doctor not begun"]);
  expect(at.calls.filter((one) => one.startsWith("deploy"))).toEqual([]);
});

test("after success there is nothing to go back from", async () => {
  expect(wayBack((await run(world())).steps, ["dev"])).toEqual([]);
});
