/** An embedded AWS for the tests of one file: started before the first, ended after the last. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { installEmbeddedAws } from "#local/aws/install.ts";
import { type EmbeddedAws, startEmbeddedAws } from "#local/aws/start.ts";

export const region = "eu-west-2";

/** `prepare` is part of the start. What is returned can be used once that has begun. */
export function embeddedAws(prepare: () => Promise<void> = async () => {}): { readonly aws: EmbeddedAws } {
  let folder: string | undefined;
  let started: EmbeddedAws | undefined;

  // The first time on a machine its packages are installed.
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "embedded-aws-"));
    const { python } = await installEmbeddedAws();
    started = await startEmbeddedAws({ python, folder, region });
    await prepare();
  }, 180_000);

  afterAll(async () => {
    await started?.stop();
    if (folder) rmSync(folder, { recursive: true, force: true });
  });

  return {
    get aws() {
      if (!started) throw new Error("the embedded AWS has not been started yet");
      return started;
    },
  };
}
