/**
 * Why the gateway itself refused: what AWS keeps to itself. Checks name these codes; callers never see them.
 */
export type ReasonCode =
  // before any HTTP
  | "client-certificate-missing"
  | "tls-handshake-failed"
  // before the API is known
  | "client-certificate-untrusted"
  | "wrong-host"
  | "unknown-server-name"
  | "execute-api-disabled"
  | "no-base-path-mapping"
  /** A private API by a way that is not its own. */
  | "private-api"
  | "request-malformed"
  | "request-too-large"
  // within the API
  /** Of a private API or of its endpoint. */
  | "network-policy"
  | "no-such-route"
  | "throttled"
  | "firewall"
  | "quota-exceeded"
  | "no-usage-plan"
  | "request-invalid"
  | "content-type-unsupported"
  | "not-emulated"
  // the authorizer
  | "identity-source-missing"
  | "authorizer-permission-missing"
  | "authorizer-not-reached"
  | "authorizer-failed"
  | "authorizer-answer-malformed"
  | "authorizer-unauthorized"
  | "authorizer-denied"
  | "authorizer-allows-another-route"
  // the integration
  | "integration-permission-missing"
  | "integration-not-reached"
  | "integration-failed"
  | "integration-answer-malformed"
  | "integration-timeout"
  | "gateway-fault";

export interface Reason {
  readonly code: ReasonCode;
  /** For people: what was got, what was wanted. No certificate, no token. */
  readonly detail: string;
}

export const reason = (code: ReasonCode, detail: string): Reason => ({ code, detail });
