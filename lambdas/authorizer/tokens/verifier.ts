/** Who is asked about tokens, by the policy's kind. */
import type { SecretReader } from "#aws/secret-value.ts";
import type { TokenPolicy } from "#contract/token-policy.ts";
import type { TokenVerifier } from "../token-verifier.ts";
import { authleteVerifier } from "./authlete.ts";
import { introspectionVerifier } from "./introspection.ts";
import { jwtVerifier } from "./jwt.ts";

export function tokenVerifier(policy: TokenPolicy, now: () => Date, secrets: SecretReader): TokenVerifier {
  switch (policy.kind) {
    case "jwt":
      return jwtVerifier(policy, now);
    case "introspection":
      return introspectionVerifier(policy, secrets);
    case "authlete":
      return authleteVerifier(policy, secrets);
  }
}
