/**
 * The requests of the configuration's clients, read and checked at synthesis, whatever engine will issue for them:
 * signed with its own key, and such that the profile would grant it. What only the CA's ledger knows is checked there.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { type Csr, parseCsr } from "#pki/csr.ts";
import { PkiError } from "#pki/errors.ts";
import { decodeOnePem } from "#pki/pem.ts";
import { requestProblems } from "#pki/profile.ts";
import { Problem } from "./config-error.ts";
import { client, profiles, slug } from "./schema.ts";

export type Client = z.output<typeof client> & {
  /** PEM. */
  readonly request: string;
};

/** The text of a file beside an environment's index.ts. */
export type ReadFile = (environment: string, file: string) => string;

/** Every environment has the folder of its name; programs run in the project's folder. */
export const readBeside: ReadFile = (environment, file) =>
  readFileSync(join("config", "environments", environment, file), "utf8");

const joined = z.looseObject({
  name: slug,
  ca: z.looseObject({ profiles: profiles.default({}), clients: z.array(client).default([]) }),
});

/** What is wrong is added to `problems`; where other fields are wrong, requests are looked at once those are right. */
export function readClients(input: unknown, readFile: ReadFile, problems: Problem[]): Client[] {
  const parsed = joined.safeParse(input);
  if (!parsed.success) return [];
  const { name: environment, ca } = parsed.data;
  const names = new Map<string, string>();
  return ca.clients.map((one, index) => {
    const report = (field: string, message: string, got: unknown) =>
      void problems.push(new Problem(["ca", "clients", index, field], message, got));
    const request = read(() => readFile(environment, one.csr), one.csr, report);
    const csr = request === undefined ? undefined : parse(request, one.csr, report);
    const profile = Object.hasOwn(ca.profiles, one.profile) ? ca.profiles[one.profile] : undefined;
    if (!profile) report("profile", `one of ${Object.keys(ca.profiles).join(", ")}`, one.profile);
    else if (one.validDays !== undefined && one.validDays > profile.maxDays)
      report("validDays", `at most ${profile.maxDays}, the profile's maxDays`, one.validDays);
    if (csr && profile)
      for (const problem of requestProblems(profile, csr))
        report("csr", `${one.csr}: ${problem}`, one.profile);
    const other = csr && names.get(csr.publicKey.hash);
    if (other) report("csr", `${one.csr}: a key of its own; client "${other}" has the same`, one.name);
    if (csr) names.set(csr.publicKey.hash, one.name);
    return { ...one, request: request ?? "" };
  });
}

type Report = (field: string, message: string, got: unknown) => void;

function read(load: () => string, file: string, report: Report): string | undefined {
  try {
    return load();
  } catch (error) {
    report("csr", `a file that can be read (${(error as { code?: string }).code ?? "error"})`, file);
    return undefined;
  }
}

function parse(request: string, file: string, report: Report): Csr | undefined {
  try {
    return parseCsr(decodeOnePem(request, "CERTIFICATE REQUEST"));
  } catch (error) {
    if (!(error instanceof PkiError)) throw error;
    report("csr", `a certification request (PEM) that is signed with its own key: ${error.message}`, file);
    return undefined;
  }
}
