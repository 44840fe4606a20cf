/** What a run writes into its configuration, and what a check pins instead of it, is what the schema and the authorizer take. */
import { tokens as schema } from "#config/tokens.ts";
import { parseTokenPolicy } from "#contract/token-policy.ts";
import { introspectionTokens, jwtTokens } from "#local/start/tokens.ts";
import type { TokenServer } from "#local/token-server/token-server.ts";

const service = {
  issuer: "https://tokens.local.example.com:40001",
  jwksUrl: "http://127.0.0.1:40002/jwks",
  introspectionUrl: "http://127.0.0.1:40002/token/introspection",
} as TokenServer;

test.each([jwtTokens(service), introspectionTokens(service)])("kind $kind", (policy) => {
  expect(schema.parse(JSON.parse(JSON.stringify(policy)))).toEqual(policy);
  expect(parseTokenPolicy(policy, "tokens")).toEqual(policy);
});
