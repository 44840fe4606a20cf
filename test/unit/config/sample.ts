/** A small environment that is right in every field; tests make it wrong in one. */
import { ConfigError } from "#config/config-error.ts";
import { type Environment, type EnvironmentInput, environment } from "#config/environment.ts";
import { clientProfile } from "#config/profiles.ts";

// biome-ignore lint/suspicious/noExplicitAny: tests write what the types refuse
export type Loose = any;

export function sample(): Loose {
  const input: EnvironmentInput = {
    name: "test",
    tier: "sandbox",
    tags: { project: "mtls-api" },
    operators: ["arn:aws:iam::333333333333:role/pipeline"],
    ca: {
      account: "111111111111",
      region: "eu-west-2",
      state: { bucket: "state-111111111111", region: "eu-west-2" },
      organization: "Example Ltd",
      engine: { kind: "kms", generations: [{ id: "g1", status: "active" }] },
      profiles: { client: clientProfile("Example Ltd") },
      crl: { lifetimeHours: 24, publishEveryMinutes: 10, maxAgeMinutes: 30, rootLifetimeDays: 90 },
    },
    apis: [
      {
        name: "api",
        account: "222222222222",
        region: "eu-west-2",
        state: { bucket: "state-222222222222", region: "eu-west-2" },
        stage: "test",
        domain: "api.test.example.com",
        zone: { name: "test.example.com" },
        authorizer: { rules: [{ name: "partners", routes: "all", subject: { OU: { equals: "Partners" } } }] },
        logs: { retentionDays: 30 },
      },
    ],
  };
  return input;
}

/** The sample with a change, checked. */
export function changed(change: (input: Loose) => void): Environment {
  const input = sample();
  change(input);
  return environment(input);
}

/** What is wrong with the changed sample. */
export function problemsOf(change: (input: Loose) => void): readonly string[] {
  try {
    changed(change);
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    expect((error as ConfigError).code).toBe("config");
    return (error as ConfigError).problems;
  }
  return [];
}

/** Sets what stands at a path such as `apis.0.name`. */
export const put = (path: string, value: unknown) => (input: Loose) => {
  const keys = path.split(".");
  const last = keys.pop() ?? "";
  keys.reduce((at, key) => at[key], input)[last] = value;
};

/** What is wrong, how the sample becomes so, and what must be said of it. */
export type Mistake = [what: string, change: (input: Loose) => void, says: string];

export function eachIsTheOnlyMistake(rows: readonly Mistake[]): void {
  test.each(rows)("%s", (_what, change, says) => {
    const problems = problemsOf(change);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(says);
  });
}
