/** What must not happen in a healthy CA: logged, alarmed, never answered as a success. */
export type CaFaultCode =
  | "signature-does-not-verify" // the key is not the certificate's, or the signer lied
  | "serial-exhausted" // three random serials in a row existed
  | "crl-number-not-greater" // the published CRL is newer than the ledger: a restored ledger
  | "crl-would-lose-revocation" // the ledger lacks a revocation that the published CRL holds
  | "crl-contention" // somebody else published at every attempt
  | "crl-not-as-written" // what the bucket holds after publishing is not what was written
  | "crl-lacks-serial" // a revocation was ordered, the published CRL does not show it
  | "object-contention" // the bucket's object changed, or cannot be read, at every attempt
  | "revocation-contention" // the ledger's entry changed at every attempt
  | "revocation-not-published" // recorded, but no CRL holds it yet
  | "lease-lost" // another reconcile took over
  | "client-contention" // two runs issue for one client at once
  | "unfinished" // time ran out before all clients had their certificates: the next run goes on
  | "mirror-failed" // a CRL of another authority could not be copied
  | "source-missing" // there is no CRL where one should be copied from
  | "source-not-acceptable" // what is there is no CRL of that issuer, or not yet valid
  | "source-stale" // it is too old to be believed
  | "truststore-not-as-deployed" // somebody else wrote the truststore
  | "ledger-lost" // the bucket holds a CA certificate of this key, the ledger knows of none
  | "ledger-inconsistent"; // an item refers to another that is not there

export class CaFault extends Error {
  override readonly name = "CaFault";
  readonly code: CaFaultCode;

  constructor(code: CaFaultCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
