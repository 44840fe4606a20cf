/**
 * IAM and KMS changes take seconds to reach everywhere: the first call after a deployment may be denied although
 * it is allowed. A denied call, and nothing else, is tried again for 90 seconds.
 */
import { type Clock, Denied } from "./ports.ts";

const patienceSeconds = 90;
const pauseSeconds = 3;

export async function patiently<T>(clock: Clock, call: () => Promise<T>): Promise<T> {
  const end = clock.now().getTime() + patienceSeconds * 1000;
  for (;;) {
    try {
      return await call();
    } catch (error) {
      if (!(error instanceof Denied) || clock.now().getTime() + pauseSeconds * 1000 > end) throw error;
      await clock.wait(pauseSeconds * 1000);
    }
  }
}
