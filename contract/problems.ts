/**
 * Every reason for which the authorizer refuses, and what the caller is told. Steps are those of
 * lambdas/authorizer/authorize.ts, in their order. The code goes to the audit line and to the
 * gateway response (403); from 500 up nothing is told.
 *
 * Messages are constants: they are set into JSON by API Gateway, unescaped, so nothing of a request may be in one.
 */
export const steps = [
  "place",
  "certificate",
  "revocation",
  "rules",
  "token",
  "scopes",
  "hooks",
  "policy",
] as const;
export type Step = (typeof steps)[number];

export interface Problem {
  readonly step: Step;
  readonly message: string;
  /**
   * `error` of the challenge (RFC 6750 3.1), for problems with a token: they are answered 401, or 403 with the exact
   * challenge, as the policy says (contract/token-policy.ts); `insufficient_scope` is 403 either way.
   */
  readonly challenge?: "invalid_request" | "invalid_token" | "insufficient_scope";
}

export const problems = {
  "wrong-api": { step: "place", message: "The request did not come through the deployed API." },
  "wrong-domain": { step: "place", message: "The request did not come through the API's domain name." },
  /** A private API: another endpoint, or not by way of its NGINX. */
  "not-through-edge": { step: "place", message: "The request did not come through the private edge." },
  "unknown-route": { step: "place", message: "The route is not part of the API." },
  /** Its own X-Backend-Token, which only the gateway sets. */
  "backend-token-given": {
    step: "place",
    message: "The request carries a header that only the API may set.",
  },
  /** Traversal, slashes, anything that two parties could read in two ways. */
  "path-not-plain": {
    step: "place",
    message: "A path parameter may hold letters, digits and - . _ ~, at most 128.",
  },
  "no-certificate": { step: "place", message: "A client certificate is required." },

  "certificate-malformed": { step: "certificate", message: "The client certificate cannot be read." },
  "certificate-not-valid-now": { step: "certificate", message: "The client certificate is not valid now." },
  "certificate-not-for-clients": {
    step: "certificate",
    message: "The certificate is not meant for clients.",
  },
  "certificate-weak": { step: "certificate", message: "The certificate's algorithms are not accepted." },
  "certificate-critical-extension": {
    step: "certificate",
    message: "The certificate has a critical extension that is not understood.",
  },
  "certificate-is-a-ca": { step: "certificate", message: "A CA certificate is not a client's." },
  "issuer-not-accepted": { step: "certificate", message: "The certificate's issuer is not accepted." },
  "issuer-not-valid-now": { step: "certificate", message: "The issuing certificate is not valid now." },

  revoked: { step: "revocation", message: "The client certificate is revoked." },
  "issuer-revoked": { step: "revocation", message: "The issuing certificate is revoked." },
  "revocation-unknown": { step: "revocation", message: "The revocation status cannot be determined." },

  "no-rule": { step: "rules", message: "No rule admits this certificate to this route." },

  "token-missing": { step: "token", message: "An access token is required.", challenge: "invalid_token" },
  "token-in-query": {
    step: "token",
    message: "An access token in the query is not accepted.",
    challenge: "invalid_request",
  },
  "token-ambiguous": {
    step: "token",
    message: "More than one Authorization header.",
    challenge: "invalid_request",
  },
  "token-invalid": { step: "token", message: "The access token is not valid.", challenge: "invalid_token" },
  "token-expired": { step: "token", message: "The access token has expired.", challenge: "invalid_token" },
  "token-not-bound": {
    step: "token",
    message: "The access token is not bound to a certificate.",
    challenge: "invalid_token",
  },
  "token-of-another-certificate": {
    step: "token",
    message: "The access token is bound to another certificate.",
    challenge: "invalid_token",
  },
  /** The token service did not answer, or not as it should; 500, or 403 without a challenge. */
  "token-service-failed": { step: "token", message: "The access token cannot be checked now." },
  "insufficient-scope": {
    step: "scopes",
    message: "The access token lacks a scope.",
    challenge: "insufficient_scope",
  },

  "denied-by-hook": { step: "hooks", message: "The request is not admitted." },

  /** Not a denial: something that should work did not. Answered 500; the audit line names the step it befell. */
  fault: { step: "policy", message: "Internal server error" },
} as const satisfies Record<string, Problem>;

export type ProblemCode = keyof typeof problems;

/** The body of every refusal and fault of the API, as gateway responses send it. */
export const problemBody = (message: string, code: string): string =>
  `{"message":${message},"code":${code},"requestId":"$context.requestId"}`;
