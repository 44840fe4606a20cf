/**
 * What each engine of a CA allows and needs beside its own fields, and the files of engine "existing", read and
 * checked before anything is deployed.
 *
 * Dates are warnings here, and refusals when the system runs: a committed file must not make a build fail as it ages.
 */
import { z } from "zod";
import { externalKeys } from "#contract/external-bucket.ts";
import type { MirrorConfiguration, ObjectReference } from "#contract/mirror.ts";
import { externalBucketName } from "#contract/names.ts";
import type { Certificate } from "#pki/certificate.ts";
import { openCrl } from "#pki/crl/open.ts";
import { parseCsr } from "#pki/csr.ts";
import { PkiError } from "#pki/errors.ts";
import type { NameAttribute } from "#pki/name.ts";
import { decodeOnePem } from "#pki/pem.ts";
import { isIssuedBy, lintTruststore } from "#pki/truststore.ts";
import type { Client, ReadFile } from "./clients.ts";
import { Problem } from "./config-error.ts";
import {
  account,
  authorizer,
  caller,
  client,
  crl,
  engine,
  operators,
  profiles,
  revocation,
  slug,
  tier,
} from "./schema.ts";

type ParsedEngine = z.output<typeof engine>;
type Configured<K extends ParsedEngine["kind"]> = Extract<ParsedEngine, { kind: K }>;

export type ExistingEngine = Configured<"existing"> & {
  /** PEM. */
  readonly truststore: string;
  /** CRLs that come from files: their PEM, and the key under which the deployment lays them down for ca-mirror. */
  readonly crlFiles: readonly { readonly key: string; readonly content: string }[];
  readonly mirrored: MirrorConfiguration["issuers"];
} & Warned;
export type Engine = Configured<"kms"> | (Configured<"tls"> & Warned) | ExistingEngine;

/** What a reviewer should know: said at synthesis, stops nothing. */
interface Warned {
  readonly warnings: readonly string[];
}

export const warningsOf = ({ ca }: { readonly ca: { readonly engine: object } }): readonly string[] =>
  (ca.engine as Partial<Warned>).warnings ?? [];

export interface Reader {
  readonly readFile: ReadFile;
  readonly now: Date;
  readonly problems: Problem[];
}

const tlsWarning =
  "engine tls: private keys lie in Terraform's state, and revocation is off: a revoked certificate stays good";

type Report = (path: readonly PropertyKey[], message: string, got: unknown) => void;

/** Undefined where the engine's fields, or those that it is held against, are not right by themselves. */
export function readEngine(input: unknown, clients: readonly Client[], reader: Reader): Engine | undefined {
  const report: Report = (...problem) => void reader.problems.push(new Problem(...problem));
  const parsed = joined.safeParse(input);
  if (!parsed.success) return undefined;
  const environment = parsed.data;
  const { kind } = environment.ca.engine;
  checkRevocation(environment, report);
  if (kind !== "existing" && Object.keys(environment.ca.profiles).length === 0)
    report(["ca", "profiles"], "at least one profile", environment.ca.profiles);
  if (kind !== "tls" && environment.ca.crl === undefined)
    report(["ca", "crl"], "how often CRLs are published and how old they may be", undefined);
  if (kind === "existing") return readExisting(environment, environment.ca.engine, reader, report);
  if (kind === "kms") return environment.ca.engine;
  checkTls(environment, environment.ca.engine, clients, report);
  return { ...environment.ca.engine, warnings: [tlsWarning] };
}

const joined = z.looseObject({
  name: slug,
  tier,
  operators,
  ca: z.looseObject({
    account,
    engine,
    profiles: profiles.default({}),
    callers: z.array(caller).default([]),
    clients: z.array(client).default([]),
    revoked: z.array(revocation).default([]),
    crl: crl.optional(),
  }),
  apis: z.array(
    z.looseObject({
      account,
      authorizer: z.looseObject({ revocation: authorizer.shape.revocation }),
    }),
  ),
});
type Joined = z.output<typeof joined>;

function checkRevocation({ ca, apis }: Joined, report: Report): void {
  const wanted = ca.engine.kind === "tls" ? "off" : "crl";
  const reason =
    wanted === "off"
      ? '"off", in so many words: engine "tls" makes no CRLs, a revoked certificate stays good'
      : `"crl": only engine "tls" goes without revocation`;
  apis.forEach((api, index) => {
    if (api.authorizer.revocation !== wanted)
      report(["apis", index, "authorizer", "revocation"], reason, api.authorizer.revocation);
  });
}

function checkTls(
  { tier, operators, ca, apis }: Joined,
  engine: Configured<"tls">,
  clients: readonly Client[],
  report: Report,
): void {
  const path = ["ca", "engine"];
  if (tier !== "sandbox")
    report([...path, "kind"], `"tls" in a sandbox only: its private keys lie in Terraform's state`, tier);
  const others = [...operators.map((arn) => arn.split(":")[4]), ...apis.map((api) => api.account)].filter(
    (one) => one !== ca.account,
  );
  if (others.length > 0)
    report(
      [...path, "kind"],
      `"tls" where all accounts are one (${ca.account}), operators' too: whoever reads the CA's state has its keys`,
      [...new Set(others)],
    );
  if (ca.crl !== undefined) report(["ca", "crl"], 'left out: engine "tls" makes no CRLs', ca.crl);
  refuseLists(ca, ["callers", "revoked"], 'engine "tls" has no functions and no CRLs', report);
  const names = [...ca.clients, ...engine.generatedClients].map((one) => one.name);
  engine.generatedClients.forEach((one, index) => {
    const at = [...path, "generatedClients", index];
    if (names.indexOf(one.name) !== names.lastIndexOf(one.name))
      report([...at, "name"], "client names must differ", one.name);
    checkGenerated(one, ca.profiles[one.profile], [...Object.keys(ca.profiles)], at, report);
  });
  ca.clients.forEach((one, index) => {
    checkRequest(one, index, ca, clients, report);
  });
}

type Generated = Configured<"tls">["generatedClients"][number];
type Profile = Joined["ca"]["profiles"][string];

function checkGenerated(
  { profile: name, subject }: Generated,
  profile: Profile | undefined,
  known: readonly string[],
  at: readonly PropertyKey[],
  report: Report,
): void {
  if (!profile) {
    report([...at, "profile"], `one of ${known.join(", ")}`, name);
    return;
  }
  const { allowed, required, fixed } = profile.subject;
  for (const type of required)
    if (!Object.hasOwn(subject, type) && !Object.hasOwn(fixed, type))
      report([...at, "subject"], `${type}, which profile "${name}" requires`, subject);
  for (const [type, value] of Object.entries(subject))
    if (fixed[type as "CN"] !== undefined ? fixed[type as "CN"] !== value : !allowed.includes(type as "CN"))
      report([...at, "subject", type], `what profile "${name}" allows`, value);
  for (const type of Object.keys(fixed))
    if (!["CN", "O", "OU", "C", "L", "ST", "serialNumber"].includes(type))
      report([...at, "profile"], `a profile that fixes no ${type}: hashicorp/tls cannot write it`, name);
}

/** The provider copies a request's subject as it stands, and does not look at its signature (config/clients.ts does). */
function checkRequest(
  { name, profile }: Joined["ca"]["clients"][number],
  index: number,
  ca: Joined["ca"],
  clients: readonly Client[],
  report: Report,
): void {
  const csr = subjectOf(clients.find((one) => one.name === name)?.request);
  if (!csr) return;
  for (const [type, value] of Object.entries(ca.profiles[profile]?.subject.fixed ?? {}))
    if (!csr.some((one) => one.type === type && one.value === value))
      report(
        ["ca", "clients", index, "csr"],
        `a request whose subject has ${type}=${value}: hashicorp/tls adds nothing to it`,
        csr.map((one) => `${one.type}=${one.value}`).join(","),
      );
}

/** Undefined where the request is not right: that has been reported. */
function subjectOf(request: string | undefined): readonly NameAttribute[] | undefined {
  try {
    if (!request) return undefined;
    return parseCsr(decodeOnePem(request, "CERTIFICATE REQUEST")).subject.attributes;
  } catch (error) {
    if (!(error instanceof PkiError)) throw error;
    return undefined;
  }
}

function refuseLists(
  ca: Joined["ca"],
  keys: readonly ("callers" | "clients" | "revoked")[],
  why: string,
  report: Report,
): void {
  for (const key of keys) if (ca[key].length > 0) report(["ca", key], `none: ${why}`, ca[key]);
}

function readExisting(
  { name, ca }: Joined,
  engine: Configured<"existing">,
  reader: Reader,
  report: Report,
): ExistingEngine | undefined {
  const why = 'engine "existing" issues and revokes nothing; its own CA does';
  refuseLists(ca, ["callers", "clients", "revoked"], why, report);
  if (Object.keys(ca.profiles).length > 0) report(["ca", "profiles"], `none: ${why}`, ca.profiles);
  const path = ["ca", "engine"];
  const truststore = load(engine.bundle, [...path, "bundle"], name, reader, report);
  if (truststore === undefined) return undefined;
  const warnings: string[] = [];
  const found = lintTruststore(truststore, reader.now, { dates: "warning" });
  const { certificates } = found;
  for (const { certificate, message } of found.errors)
    report([...path, "bundle"], `${certificate ?? "the bundle"}: ${message}`, engine.bundle);
  for (const { certificate, message } of found.warnings)
    warnings.push(`${engine.bundle}: ${certificate ?? "the bundle"}: ${message}`);
  const crlFiles: { key: string; content: string }[] = [];
  const mirrored = engine.issuers.map((one, index) => {
    const at = [...path, "issuers", index];
    if (engine.issuers.findIndex((other) => other.generation === one.generation) !== index)
      report([...at, "generation"], "generation ids must differ", one.generation);
    const { issuing, root } = findPair(one, certificates, at, report);
    const source = (which: "issuing" | "root", issuer: Certificate | undefined): ObjectReference => {
      const from = one.crls[which];
      if (!("file" in from)) return from;
      const key = externalKeys.incomingCrl(one.generation, which);
      const where = [...at, "crls", which, "file"];
      const content = load(from.file, where, name, reader, report);
      if (content !== undefined) {
        crlFiles.push({ key, content });
        if (issuer) warnings.push(...checkCrl(content, from.file, issuer, where, reader.now, report));
      }
      return {
        bucket: externalBucketName(name, ca.account),
        key,
        region: (ca as { region?: string }).region ?? "",
      };
    };
    return {
      ...{ generation: one.generation, issuing: one.issuing, root: one.root },
      ...{ issuingCrl: source("issuing", issuing), rootCrl: source("root", root) },
    };
  });
  return { ...engine, truststore: truststore.replace(/\r\n/g, "\n"), crlFiles, mirrored, warnings };
}

/** What the authorizer will demand of them at its cold start. */
function findPair(
  named: Configured<"existing">["issuers"][number],
  bundle: readonly Certificate[],
  at: readonly PropertyKey[],
  report: Report,
): { issuing: Certificate | undefined; root: Certificate | undefined } {
  const find = (which: "issuing" | "root") => {
    const found = bundle.find((one) => one.fingerprint === named[which]);
    if (!found)
      report([...at, which], "the SHA-256 fingerprint of a certificate of the bundle", named[which]);
    return found;
  };
  const issuing = find("issuing");
  const root = find("root");
  if (issuing && root && issuing === root)
    report([...at, "issuing"], "another certificate than the root: a root issues no clients", named.issuing);
  else if (issuing && root && !isIssuedBy(issuing, root))
    report([...at, "root"], "the certificate that signed the issuing certificate", named.root);
  return { issuing, root };
}

function checkCrl(
  pem: string,
  file: string,
  issuer: Certificate,
  at: readonly PropertyKey[],
  now: Date,
  report: Report,
): string[] {
  try {
    const { number, thisUpdate, nextUpdate } = openCrl(decodeOnePem(pem, "X509 CRL"), issuer);
    if (number === undefined)
      report(at, "a CRL with a number: without one nobody can tell which is newer", file);
    return [
      ...(thisUpdate > now ? [`${file}: valid from ${thisUpdate.toISOString()} on; refused until then`] : []),
      ...(nextUpdate < now ? [`${file}: ended at ${nextUpdate.toISOString()}; refused at deployment`] : []),
    ];
  } catch (error) {
    if (!(error instanceof PkiError)) throw error;
    report(at, `a CRL (PEM) of ${named(issuer)}: ${error.message}`, file);
    return [];
  }
}

const named = ({ fingerprint }: Certificate): string => `the certificate ${fingerprint.slice(0, 16)}…`;

function load(
  file: string,
  at: readonly PropertyKey[],
  environment: string,
  { readFile }: Reader,
  report: Report,
): string | undefined {
  try {
    return readFile(environment, file);
  } catch (error) {
    report(at, `a file that can be read (${(error as { code?: string }).code ?? "error"})`, file);
    return undefined;
  }
}
