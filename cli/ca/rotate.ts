/**
 * `ca rotate`: the next step of a rotation as a change of the configuration, to be reviewed and deployed; with
 * `--check` whether every API is ready for it. It changes nothing itself.
 */
import { Command } from "commander";
import { pinnedTruststore } from "#aws/pinned-truststore.ts";
import { readObject } from "#aws/read-object.ts";
import { TruststoreObjects } from "#aws/truststore-object.ts";
import type { ApiEnvironment, Environment } from "#config/environment.ts";
import { externalKeys } from "#contract/external-bucket.ts";
import { externalBucketName, stackNames } from "#contract/names.ts";
import { parseCertificate } from "#pki/certificate.ts";
import { decodeOnePem, decodePem } from "#pki/pem.ts";
import { findEnvironment } from "../find-environment.ts";
import { CommandError, exitCodes, finish, print, printJson, table } from "../terminal.ts";
import { type Authority, connectionToApi, findAuthority } from "./authority.ts";
import { allRecords } from "./records.ts";
import { type ConfiguredGeneration, nextStep, type RotationStep } from "./rotation-step.ts";

interface RotateOptions {
  readonly env: string;
  readonly json: boolean;
  readonly check: boolean;
}

export function rotateCommand(): Command {
  return new Command("rotate")
    .description("print the next step of a rotation as a change of the configuration")
    .option("--check", "say whether everything is ready for the step", false)
    .addHelpText(
      "after",
      `
With --check it exits with 1 when something is not ready, or cannot be read with these credentials.

Examples:
  npm run ca -- rotate --env dev
  npm run ca -- rotate --env dev --check`,
    )
    .action((options: RotateOptions) => finish(options.json, () => rotate(options)));
}

async function rotate(options: RotateOptions): Promise<number> {
  const environment = findEnvironment(options.env);
  const step = nextStep(generationsOf(environment));
  const findings = options.check ? await check(await findAuthority(options.env), step) : [];
  if (options.json) printJson({ ...step, ...(options.check ? { findings } : {}) });
  else {
    print(stepText(environment, step));
    if (options.check) print(`\n${findingsText(findings)}`);
  }
  return findings.some((one) => !one.ready) ? exitCodes.refused : exitCodes.ok;
}

function generationsOf({ name, ca }: Environment): readonly ConfiguredGeneration[] {
  if (ca.engine.kind === "kms") return ca.engine.generations;
  throw new CommandError("no-rotation", `${name} has no keys in KMS: its generations are not ours to rotate`);
}

function stepText({ name }: Environment, { name: step, what, before, generations }: RotationStep): string {
  const lines = generations.map((one) => `    { id: "${one.id}", status: "${one.status}" },`);
  const deploy =
    step === "add" || step === "retire"
      ? `npx cdktf deploy '${name}-*': the CA first, then every API (the domain's pin changes)`
      : `npx cdktf deploy ${stackNames.ca(name)}`;
  return [
    `next step: ${step}: ${what}`,
    `before:    ${before}`,
    `change:    config/environments/${name}/index.ts`,
    "  generations: [",
    ...lines,
    "  ]     (its other fields stay as they are)",
    `then:      ${deploy}`,
  ].join("\n");
}

interface Finding {
  readonly what: string;
  readonly ready: boolean;
  readonly why: string;
}

const findingsText = (findings: readonly Finding[]): string =>
  findings.length === 0
    ? "nothing to check: this step depends on nothing"
    : table(
        ["checked", "ready", "why"],
        findings.map((one) => [one.what, one.ready ? "yes" : "no", one.why]),
      );

async function check(authority: Authority, { name, generation }: RotationStep): Promise<Finding[]> {
  if (name === "add") return [];
  if (name === "activate")
    return Promise.all(authority.environment.apis.map((api) => truststoreHolds(authority, api, generation)));
  const now = new Date().toISOString();
  const left = (await allRecords(authority)).filter(
    (one) =>
      one.generation === generation &&
      one.notAfter > now &&
      (name === "remove" || (one.status !== "revoked" && one.status !== "recorded")),
  );
  const what = name === "remove" ? "certificates that have not ended" : "certificates that are still good";
  const some = left.slice(0, 5).map((one) => one.client ?? one.subject);
  const why = left.length === 0 ? "none" : `${left.length}: ${some.join(", ")}${left.length > 5 ? " …" : ""}`;
  return [{ what: `${what} of ${generation}`, ready: left.length === 0, why }];
}

/** Both certificates of the generation are in the very version that the domain pins. */
async function truststoreHolds(
  authority: Authority,
  api: ApiEnvironment,
  generation: string,
): Promise<Finding> {
  const { environment, connection } = authority;
  const finding = (ready: boolean, why: string): Finding => ({
    what: `${api.name} (${api.domain})`,
    ready,
    why,
  });
  try {
    const pinned = await pinnedTruststore(connectionToApi(authority, api), api.domain);
    if (!pinned) return finding(false, "the domain pins no truststore");
    const pem = await new TruststoreObjects(connection).read(pinned.uri, pinned.version);
    const held = new Set(decodePem(pem, "CERTIFICATE").map((der) => parseCertificate(der).fingerprint));
    const bucket = externalBucketName(environment.name, environment.ca.account);
    for (const which of ["root", "issuing"] as const) {
      const object = await readObject(connection, bucket, externalKeys.caCertificate(generation, which));
      if (!object) return finding(false, `${generation} has no ${which} certificate yet: deploy the CA`);
      const { fingerprint } = parseCertificate(decodeOnePem(object.toString("latin1"), "CERTIFICATE"));
      if (!held.has(fingerprint))
        return finding(false, `its truststore ${pinned.version} lacks ${generation}: deploy the API`);
    }
    return finding(true, `its truststore ${pinned.version} holds ${generation}`);
  } catch (error) {
    return finding(
      false,
      `not known: the domain cannot be read (${(error as Error).name}: ${(error as Error).message})`,
    );
  }
}
