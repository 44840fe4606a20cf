/**
 * Ends everything that was started, in the opposite order, exactly once: on Ctrl-C, on SIGTERM, on failure and at
 * the end of work.
 */
type CleanUp = { readonly what: string; readonly run: () => Promise<void> | void };

const cleanUps: CleanUp[] = [];
let ending: Promise<void> | undefined;
let interrupted = false;

/** Remembers how to undo what was just started. */
export function onEnd(what: string, run: () => Promise<void> | void): void {
  cleanUps.push({ what, run });
}

/** True once Ctrl-C or SIGTERM has come: what fails from then on fails for that reason. */
export const isInterrupted = (): boolean => interrupted;

/** Undoes all that was remembered. A failure of one is told and does not keep the others from running. */
export function end(): Promise<void> {
  ending ??= (async () => {
    for (const { what, run } of cleanUps.reverse())
      try {
        await run();
      } catch (error) {
        process.stderr.write(`could not end ${what}: ${(error as Error).message}\n`);
      }
  })();
  return ending;
}

/** Installs the signal handlers; the exit code is the shell's convention (130, 143). */
export function endOnSignals(): void {
  for (const [signal, code] of [
    ["SIGINT", 130],
    ["SIGTERM", 143],
    ["SIGHUP", 129],
  ] as const)
    process.on(signal, () => {
      if (interrupted) return;
      interrupted = true;
      process.stderr.write(`\n${signal}: stopping (Terraform finishes its current step first) …\n`);
      void end().then(() => process.exit(code));
    });
}
