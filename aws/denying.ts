/** Turns AWS's many names for "you may not" into the one error that ca/ waits on. */
import { Denied } from "#ca/ports.ts";

const names = new Set(["AccessDenied", "AccessDeniedException", "KMSAccessDeniedException"]);

export async function denying<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if (error instanceof Error && names.has(error.name)) throw new Denied(error.message, { cause: error });
    throw error;
  }
}
