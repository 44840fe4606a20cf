/**
 * An environment: raw TypeScript data in, checked and readonly data out (fields: schema.ts; what joins them:
 * relations.ts; what no value may be: values.ts).
 *
 * All mistakes are reported at once, each with its path, what is allowed and what was got, so that nothing behind
 * this file meets an impossible environment.
 */
import { believedMinutes } from "./believed-minutes.ts";
import { type Client, type ReadFile, readBeside, readClients } from "./clients.ts";
import { ConfigError, problemsOf, show } from "./config-error.ts";
import { type Engine, readEngine } from "./engines.ts";
import { foundationAccounts } from "./foundation-accounts.ts";
import { relationProblems } from "./relations.ts";
import { type EnvironmentInput, type Parsed, schema } from "./schema.ts";
import { valueProblems } from "./values.ts";

export type { EnvironmentInput };

type Crl = Omit<NonNullable<Parsed["ca"]["crl"]>, "maxAgeMinutes"> & { maxAgeMinutes: number };
type Ca = Omit<Parsed["ca"], "crl" | "clients" | "engine"> & { crl: Crl; clients: Client[]; engine: Engine };
export type Environment = DeepReadonly<Omit<Parsed, "ca"> & { ca: Ca }>;
type With<K extends Engine["kind"]> = Environment & {
  readonly ca: { readonly engine: Extract<Environment["ca"]["engine"], { readonly kind: K }> };
};
export type KmsEnvironment = With<"kms">;
export type TlsEnvironment = With<"tls">;
export type ExistingEnvironment = With<"existing">;
/** The environment, known to be on an engine. */
export const isOn = <K extends Engine["kind"]>(environment: Environment, kind: K): environment is With<K> =>
  environment.ca.engine.kind === kind;
export type CaEnvironment = Environment["ca"];
export type ApiEnvironment = Environment["apis"][number];

/** Where there are no CRLs; were one asked for by mistake, none would be young enough. */
const noCrl: Crl = { lifetimeHours: 0, publishEveryMinutes: 0, maxAgeMinutes: 0, rootLifetimeDays: 0 };

type DeepReadonly<T> = T extends object ? { readonly [K in keyof T]: DeepReadonly<T[K]> } : T;

/** Checks one environment and the files that it names; throws ConfigError with every mistake. */
export function environment(
  input: EnvironmentInput,
  readFile: ReadFile = readBeside,
  now: Date = new Date(),
): Environment {
  const values = valueProblems(input);
  const result = schema.safeParse(input, { reportInput: true });
  const problems = [
    ...values,
    ...(result.success ? [] : problemsOf(result.error.issues)),
    ...relationProblems(input),
  ];
  const clients = readClients(input, readFile, problems);
  const engine = readEngine(input, clients, { readFile, now, problems });
  if (problems.length > 0 || !result.success || !engine)
    throw new ConfigError(
      `environment ${input?.name === undefined ? "without a name" : show(input.name)}`,
      problems,
    );
  const { crl } = result.data.ca;
  return {
    ...result.data,
    ca: {
      ...{ ...result.data.ca, clients, engine },
      crl: crl ? { ...crl, maxAgeMinutes: believedMinutes(crl) } : noCrl,
    },
  };
}

/** Checks what only all environments together can show; throws ConfigError with every mistake. */
export function environments(all: readonly Environment[]): readonly Environment[] {
  const messages: string[] = [];
  const names = all.map((one) => one.name);
  names.forEach((name, index) => {
    if (names.indexOf(name) !== index)
      messages.push(`two environments are called "${name}"; names must differ`);
    // `cdktf deploy 'dev-*'` must mean one environment.
    for (const other of names)
      if (other.startsWith(`${name}-`))
        messages.push(
          `environment "${other}" begins with "${name}-": 'cdktf deploy ${name}-*' would deploy both; rename one`,
        );
  });
  const domains = all.flatMap((one) =>
    one.apis.map((api) => ({ environment: one.name, domain: api.domain })),
  );
  domains.forEach(({ environment: name, domain }, index) => {
    const first = domains.findIndex((other) => other.domain === domain);
    if (first !== index)
      messages.push(
        `environments "${domains[first]?.environment}" and "${name}" both have the domain ${domain}; domains must differ`,
      );
  });
  messages.push(...madeTwice(all));
  if (messages.length > 0) throw new ConfigError("environments", messages);
  return all;
}

/** What an account has once is made by one environment's bootstrap; the others say that it is there. */
function madeTwice(all: readonly Environment[]): string[] {
  const made = all.flatMap(({ name, ca, apis, delivery }) => [
    ...(delivery?.github.provider === "made"
      ? [{ name, what: `GitHub's OIDC provider of account ${ca.account}`, say: "delivery.github.provider" }]
      : []),
    ...foundationAccounts({ name, ca, apis })
      .flatMap(({ account, loggingRegions }) => loggingRegions.map((region) => `${account}, ${region}`))
      .map((place) => ({
        name,
        what: `API Gateway's logging role of account ${place}`,
        say: "logs.gatewayRole",
      })),
  ]);
  return made.flatMap(({ name, what, say }, index) => {
    const first = made.find((other) => other.what === what);
    return first === made[index]
      ? []
      : [
          `environments "${first?.name}" and "${name}" both make ${what}: one of them must say ${say}: "existing"`,
        ];
  });
}
