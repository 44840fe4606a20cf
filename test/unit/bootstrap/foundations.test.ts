// What bootstrap makes of a Terraform that meets somebody else's run. The program is played; the words are Terraform's.
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { applyFoundation } from "#cli/bootstrap/foundations.ts";
import { dev } from "#config/environments/dev/index.ts";
import { foundationAccounts } from "#config/foundation-accounts.ts";

const [at] = foundationAccounts(dev);
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "foundations-"));
  mkdirSync(join(folder, "bin"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function apply(words: string): Promise<void> {
  const file = join(folder, "bin/terraform");
  writeFileSync(file, `#!/bin/sh\ncat >&2 <<'END'\n${words}\nEND\nexit 1\n`);
  chmodSync(file, 0o755);
  const variables = { PATH: `${join(folder, "bin")}:/usr/bin:/bin` };
  return applyFoundation({ at, connection: { region: at.region }, variables });
}

test.each([
  [
    "another holds the lock",
    "Error: Error acquiring the state lock\n\nLock Info:\n  ID:        1234\n  Who:       ann@build",
    /Who: +ann@build/,
  ],
  ["another has applied since the plan", "Error: Saved plan is stale", /Saved plan is stale/],
  [
    "another has begun the state since the plan",
    "Error: Saved plan does not match the given state",
    /does not match/,
  ],
])("%s: wait for that run, in one sentence, and Terraform's own words", async (_, words, own) => {
  const failed = apply(words);
  await expect(failed).rejects.toMatchObject({ code: "locked", exitCode: 1 });
  await expect(failed).rejects.toThrow(
    /^somebody else is at work on foundation-dev-111122223333: wait for that run; /,
  );
  await expect(failed).rejects.toThrow(own);
});

test("any other failure is not blamed on somebody else", async () => {
  await expect(apply("Error: AccessDenied")).rejects.toMatchObject({ code: "terraform" });
});
