/**
 * Refusals against faults. A refusal is an answer: the request cannot be granted as it is, nothing was signed.
 * A fault is an exception: something does not work, the caller may run the same request again.
 */
import type { Refusal, RefusalCode } from "#contract/ca-requests.ts";
import { PkiError } from "#pki/errors.ts";

/** Travels inside an operation; `answer` turns it into the value that leaves it. */
export class Refused extends Error {
  override readonly name = "Refused";
  readonly code: RefusalCode;

  constructor(code: RefusalCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** What is wrong with the caller's own bytes becomes a refusal; use it around nothing else. */
export function refusing<T>(what: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof PkiError)
      throw new Refused(error.code, `${what}: ${error.message}`, { cause: error });
    throw error;
  }
}

/** The operation's result or its refusal; faults pass through. */
export async function answer<T>(operation: () => Promise<T>): Promise<T | Refusal> {
  try {
    return await operation();
  } catch (error) {
    if (error instanceof Refused) return { refused: { code: error.code, message: error.message } };
    throw error;
  }
}

export const isRefusal = (value: unknown): value is Refusal =>
  typeof value === "object" && value !== null && "refused" in value;
