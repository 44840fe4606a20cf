/**
 * What the configuration wants of single certificates: the clients that are to have one, and what is revoked. The
 * deployment writes it to the external bucket, where every version stays; ca-reconcile believes it by its hash only.
 */

export interface DesiredClient {
  /** PEM, `CERTIFICATE REQUEST`; another request renews the certificate. */
  readonly csr: string;
  readonly profile: string;
  /** The profile's longest when absent. */
  readonly validDays?: number;
  /** No longer looked after: nothing is issued, and the client may be taken out of the configuration. */
  readonly released?: true;
}

/** Final: taking the line away revives nothing. */
export interface DesiredRevocation {
  readonly generation: string;
  /** Lower-case hex of the content octets. */
  readonly serial: string;
  readonly reason: string;
  /** ISO 8601. */
  readonly invalidSince?: string;
}

export interface DesiredState {
  /** By name. */
  readonly clients: Readonly<Record<string, DesiredClient>>;
  readonly revoked: readonly DesiredRevocation[];
}

/** More than a CA of this size should have; a list that is longer is a mistake. */
export const mostClients = 5_000;
export const mostRevocations = 20_000;
