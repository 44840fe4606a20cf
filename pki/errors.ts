/**
 * What can be wrong with bytes that claim to be a certificate, a request, a CRL or a key.
 *
 * Every failure has a literal `code`; tests and callers switch on the code, people read the message.
 * A message never contains the bytes themselves.
 */
export type PkiErrorCode =
  | "der" // not DER: bad length, tag, trailing bytes, non-minimal form
  | "pem" // no PEM, wrong label, several objects where one is wanted, garbage around it
  | "size" // larger than anything legitimate
  | "name" // a distinguished name that cannot be understood
  | "algorithm" // an algorithm, key type, key size or curve that is not accepted
  | "signature" // a signature that does not verify
  | "certificate" // well-formed DER, not an acceptable certificate
  | "csr" // well-formed DER, not an acceptable certification request
  | "crl" // well-formed DER, not an acceptable CRL
  | "profile" // a request that the profile does not allow
  | "lint" // something about to be signed breaks a rule
  | "truststore" // a bundle that API Gateway would refuse or that would be unsafe
  | "serial"; // a serial number that cannot be read

export class PkiError extends Error {
  override readonly name = "PkiError";
  readonly code: PkiErrorCode;
  /** Machine-readable details: what was got, what is allowed. Never key material. */
  readonly fields: Readonly<Record<string, string | number | boolean>>;

  constructor(
    code: PkiErrorCode,
    message: string,
    fields: Readonly<Record<string, string | number | boolean>> = {},
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.code = code;
    this.fields = fields;
  }
}
