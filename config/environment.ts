/**
 * The schema of an environment: raw TypeScript data in, checked and readonly data out.
 *
 * All mistakes are reported at once, each with its path, what was got and what is allowed. Relations between
 * fields are checked here too, so that nothing behind this file meets an impossible environment.
 */
import { z } from "zod";
import { caKeySpecs } from "#contract/ca-requests.ts";
import { routeKey, routes } from "#contract/routes.ts";
import { ConfigError } from "./config-error.ts";

const slug = z
  .string()
  .regex(
    /^[a-z][a-z0-9-]{0,30}[a-z0-9]$/,
    "lower-case letters, digits and hyphens, 2 to 32 characters, a letter first",
  );
const account = z.string().regex(/^\d{12}$/, "an AWS account id: 12 digits, as a string");
const region = z.string().regex(/^[a-z]{2}(-[a-z]+)+-\d$/, "an AWS region such as eu-west-2");
const domainName = z
  .string()
  .max(253)
  .regex(
    /^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$/,
    "a lower-case domain name such as api.example.com",
  );
const bucketName = z.string().regex(/^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/, "an S3 bucket name without dots");

const state = z.strictObject({ bucket: bucketName, region });

const generation = z.strictObject({
  id: z.string().regex(/^g[1-9]\d{0,3}$/, "g and a number: g1, g2 …"),
  status: z.enum(["active", "trusted", "retired"]),
  rootKeySpec: z.enum(caKeySpecs).default("ECC_NIST_P384"),
  issuingKeySpec: z.enum(caKeySpecs).default("ECC_NIST_P256"),
});

const attributeType = z.enum(["CN", "O", "OU", "C", "L", "ST", "serialNumber", "emailAddress", "DC", "UID"]);
const profile = z.strictObject({
  maxDays: z.int().min(1).max(825),
  keyTypes: z.array(z.enum(["RSA-2048", "RSA-3072", "RSA-4096", "P-256", "P-384"])).min(1),
  subject: z.strictObject({
    allowed: z.array(attributeType),
    required: z.array(attributeType),
    fixed: z.partialRecord(attributeType, z.string().min(1).max(64)),
  }),
  subjectAltNames: z.array(
    z.strictObject({ kind: z.enum(["dns", "ip", "email", "uri"]), pattern: z.string().min(1).max(200) }),
  ),
  extendedKeyUsage: z.array(z.enum(["clientAuth", "serverAuth"])).min(1),
});

const ca = z.strictObject({
  account,
  region,
  state,
  /** O of the CA's own certificates. */
  organization: z.string().min(1).max(64),
  engine: z.strictObject({ kind: z.literal("kms"), generations: z.array(generation).min(1).max(20) }),
  profiles: z.record(slug, profile),
  crl: z.strictObject({
    /** nextUpdate of an issuing CRL. */
    lifetimeHours: z
      .int()
      .min(1)
      .max(24 * 30),
    publishEveryMinutes: z
      .int()
      .min(1)
      .max(24 * 60),
    /** The authorizer believes no issuing CRL older than this; 3 × publishEveryMinutes when left out. */
    maxAgeMinutes: z.int().min(1).optional(),
    /** nextUpdate of a root CRL. */
    rootLifetimeDays: z.int().min(2).max(400),
  }),
});

const attributeRule = z.union([
  z.strictObject({ equals: z.string().min(1).max(256) }),
  z.strictObject({ oneOf: z.array(z.string().min(1).max(256)).min(1) }),
]);
const rule = z.strictObject({
  name: slug,
  routes: z.union([z.literal("all"), z.array(z.string()).min(1)]),
  subject: z.partialRecord(attributeType, attributeRule),
});

const api = z.strictObject({
  name: slug,
  account,
  region,
  state,
  stage: z.string().regex(/^[a-zA-Z0-9_-]{1,64}$/, "letters, digits, hyphen, underscore"),
  domain: domainName,
  zone: z.strictObject({ name: domainName }),
  authorizer: z.strictObject({
    rules: z.array(rule).min(1, "at least one rule: without a rule nobody has access"),
    refreshSeconds: z.int().min(1).max(300).default(5),
    maxOutageSeconds: z.int().min(0).max(3600).default(60),
  }),
  throttle: z
    .strictObject({ ratePerSecond: z.number().min(1).max(10_000), burst: z.int().min(1).max(5_000) })
    .default({ ratePerSecond: 100, burst: 200 }),
  logs: z.strictObject({
    retentionDays: z.literal([1, 3, 5, 7, 14, 30, 60, 90, 180, 365, 400, 731, 1096, 1827, 3653]),
  }),
});

const schema = z
  .strictObject({
    name: slug,
    /** sandbox: buckets and tables may be destroyed with their content. production: protected against it. */
    tier: z.enum(["sandbox", "staging", "production"]),
    tags: z.record(z.string().min(1).max(128), z.string().max(256)).default({}),
    ca,
    apis: z.array(api),
  })
  .superRefine((environment, context) => {
    const problem = (path: (string | number)[], message: string, input: unknown) =>
      context.addIssue({ code: "custom", path, message, input });
    checkGenerations(environment.ca.engine.generations, problem);
    checkCrl(environment.ca.crl, problem);
    checkProfiles(environment.ca.profiles, problem);
    checkApis(environment, problem);
  });

type Report = (path: (string | number)[], message: string, input: unknown) => void;

export type EnvironmentInput = z.input<typeof schema>;
type Parsed = z.output<typeof schema>;
export type Environment = DeepReadonly<Omit<Parsed, "ca"> & { ca: Omit<Parsed["ca"], "crl"> & { crl: Crl } }>;
export type CaEnvironment = Environment["ca"];
export type ApiEnvironment = Environment["apis"][number];
type Crl = Omit<Parsed["ca"]["crl"], "maxAgeMinutes"> & { maxAgeMinutes: number };

type DeepReadonly<T> = T extends object ? { readonly [K in keyof T]: DeepReadonly<T[K]> } : T;

/** Checks one environment; throws ConfigError with every mistake. */
export function environment(input: EnvironmentInput): Environment {
  const result = schema.safeParse(input, { reportInput: true });
  const name = typeof input?.name === "string" ? input.name : "?";
  if (!result.success) throw ConfigError.fromIssues(`environment "${name}"`, result.error.issues);
  const { crl } = result.data.ca;
  const maxAgeMinutes = crl.maxAgeMinutes ?? 3 * crl.publishEveryMinutes;
  return { ...result.data, ca: { ...result.data.ca, crl: { ...crl, maxAgeMinutes } } };
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
  if (messages.length > 0) throw new ConfigError("environments", messages);
  return all;
}

function checkGenerations(generations: Parsed["ca"]["engine"]["generations"], report: Report): void {
  const path = ["ca", "engine", "generations"];
  const active = generations.filter((one) => one.status === "active");
  if (active.length !== 1)
    report(
      path,
      "exactly one generation must be active: it issues the certificates",
      active.map((one) => one.id),
    );
  generations.forEach((one, index) => {
    if (generations.findIndex((other) => other.id === one.id) !== index)
      report([...path, index, "id"], "generation ids must differ", one.id);
  });
}

function checkCrl(crl: Parsed["ca"]["crl"], report: Report): void {
  const lifetimeMinutes = crl.lifetimeHours * 60;
  if (lifetimeMinutes < 2 * crl.publishEveryMinutes)
    report(
      ["ca", "crl", "lifetimeHours"],
      `a CRL must live at least twice its publishing period (${crl.publishEveryMinutes} minutes), or one missed publication denies everybody`,
      crl.lifetimeHours,
    );
  if (crl.maxAgeMinutes !== undefined && crl.maxAgeMinutes < 2 * crl.publishEveryMinutes)
    report(
      ["ca", "crl", "maxAgeMinutes"],
      `at least twice publishEveryMinutes (${crl.publishEveryMinutes}), or one missed publication denies everybody`,
      crl.maxAgeMinutes,
    );
  if (crl.maxAgeMinutes !== undefined && crl.maxAgeMinutes > lifetimeMinutes)
    report(
      ["ca", "crl", "maxAgeMinutes"],
      "at most lifetimeHours: after nextUpdate no CRL is believed",
      crl.maxAgeMinutes,
    );
}

function checkProfiles(profiles: Parsed["ca"]["profiles"], report: Report): void {
  if (Object.keys(profiles).length === 0) report(["ca", "profiles"], "at least one profile", profiles);
  for (const [name, one] of Object.entries(profiles)) {
    const known = new Set<string>([...one.subject.allowed, ...Object.keys(one.subject.fixed)]);
    one.subject.required.forEach((type, index) => {
      if (!known.has(type))
        report(
          ["ca", "profiles", name, "subject", "required", index],
          "must be among allowed or fixed",
          type,
        );
    });
    one.subjectAltNames.forEach((san, index) => {
      try {
        new RegExp(`^(?:${san.pattern})$`, "u");
      } catch {
        report(
          ["ca", "profiles", name, "subjectAltNames", index, "pattern"],
          "a regular expression",
          san.pattern,
        );
      }
    });
  }
}

function checkApis(environment: Parsed, report: Report): void {
  const known = routes.map(routeKey);
  environment.apis.forEach((one, index) => {
    const at = (...rest: (string | number)[]) => ["apis", index, ...rest];
    if (one.name === "ca" || one.name.startsWith("ca-"))
      report(
        at("name"),
        `an API is not called "ca" or "ca-…": its stack and functions would carry the CA's names`,
        one.name,
      );
    if (environment.apis.findIndex((other) => other.name === one.name) !== index)
      report(at("name"), "API names must differ", one.name);
    if (environment.apis.findIndex((other) => other.domain === one.domain) !== index)
      report(at("domain"), "domains must differ", one.domain);
    if (!one.domain.endsWith(`.${one.zone.name}`))
      report(
        at("domain"),
        `must lie inside the zone ${one.zone.name} (a CNAME cannot stand at its apex)`,
        one.domain,
      );
    one.authorizer.rules.forEach((rule, ruleIndex) => {
      if (one.authorizer.rules.findIndex((other) => other.name === rule.name) !== ruleIndex)
        report(at("authorizer", "rules", ruleIndex, "name"), "rule names must differ", rule.name);
      if (Object.keys(rule.subject).length === 0)
        report(
          at("authorizer", "rules", ruleIndex, "subject"),
          "a rule must ask for at least one attribute",
          rule.subject,
        );
      for (const [routeIndex, key] of (rule.routes === "all" ? [] : rule.routes).entries())
        if (!known.includes(key))
          report(
            at("authorizer", "rules", ruleIndex, "routes", routeIndex),
            `one of ${known.join(", ")}`,
            key,
          );
    });
  });
}
