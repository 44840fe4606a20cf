// A command works on this machine, or on AWS: never half of it here and half of it there.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { enterAccounts } from "#cli/bootstrap/accounts.ts";
import { operatorConnection } from "#cli/doctor/readers.ts";
import { runsHere } from "#cli/local-system.ts";
import { terraformRunner } from "#cli/rollout/terraform-runner.ts";
import { dev } from "#config/environments/dev/index.ts";
import { staging } from "#config/environments/staging/index.ts";
import { foundationAccounts } from "#config/foundation-accounts.ts";
import { localSystemVariable } from "#contract/local-system.ts";

const before = process.env[localSystemVariable];
let folder: string;

/** A system of `dev` that has not deployed yet. */
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "local-system-"));
  const [file, endpointCa] = [join(folder, "system.json"), join(folder, "ca.pem")];
  writeFileSync(endpointCa, "");
  const system = { pid: process.pid, environment: "dev", endpoint: "https://localhost:1", endpointCa };
  writeFileSync(file, JSON.stringify(system));
  process.env[localSystemVariable] = file;
});
afterEach(() => {
  if (before === undefined) delete process.env[localSystemVariable];
  else process.env[localSystemVariable] = before;
  rmSync(folder, { recursive: true, force: true });
});

test("the variable says which environment is here", () => {
  expect([dev, staging].map(({ name }) => runsHere(name))).toEqual([true, false]);
  expect(operatorConnection(dev)).toMatchObject({ endpoint: "https://localhost:1" });
  expect(operatorConnection(staging)).toEqual({ region: staging.ca.region });
});

test("rollout's Terraform then works here too, and not with the shell's credentials", () => {
  const options = { planOnly: true };
  expect(() => terraformRunner([dev], options)).toThrow("the local system is still starting");
  expect(() => terraformRunner([dev, staging], options)).toThrow(
    "dev runs on this machine: roll it out alone",
  );
});

test("and so does bootstrap", async () => {
  await expect(enterAccounts(dev, foundationAccounts(dev), undefined)).rejects.toThrow(
    "the local system is still starting",
  );
});
