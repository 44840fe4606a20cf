/** Something the person at this machine can mend: what, got, allowed, what to do. Shown without a stack trace. */
export class LocalError extends Error {
  override readonly name = "LocalError";
  readonly code: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
