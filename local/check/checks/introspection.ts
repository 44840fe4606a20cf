/**
 * Check 26: opaque tokens, introspected at a real authorization server (RFC 7662): as deployed, by a client secret and
 * answered 401; then by mutual TLS and answered 403 with the exact challenge. The secrets are read at run time.
 */
import { readFileSync } from "node:fs";
import { SecretTools } from "#aws/secret-tools.ts";
import { apiFunctionName } from "#contract/names.ts";
import type { IntrospectionTokens } from "#contract/token-policy.ts";
import type { Client } from "../../start/client.ts";
import {
  introspectionTokens,
  introspector,
  tokenClients,
  tokenScope,
  tokenSecret,
} from "../../start/tokens.ts";
import { askTime, bearer, type Headers, otherPartner, timeAnswer, tokenOf } from "../access-token.ts";
import { type CheckContext, eventually, explained } from "../context.ts";
import { withTokenPolicy } from "../token-policy.ts";

const invalid = 'Bearer error="invalid_token"';

export async function introspection(at: CheckContext): Promise<void> {
  const secrets = new SecretTools(at.apiAccount.connection);
  try {
    await secrets.put(tokenSecret.id, introspector.secret);
    const authorizer = apiFunctionName(at.environment.name, at.api.name, "authorizer");
    await at.apiAccount.restartFunction(authorizer);
    await cases(at, "by a secret", "401");

    await secrets.put(tokenSecret.id, "not it");
    await at.apiAccount.restartFunction(authorizer);
    const mine = bearer(await tokenOf(at, at.good, tokenClients.opaque.id));
    const refusal = "500 token/token-service-failed (introspection: status 401)";
    await refused(at, "another secret than the server's", mine, refusal);

    await secrets.put(tokenSecret.id, await certificateSecret(at));
    await withTokenPolicy(at, byMutualTls(at), () => cases(at, "by mutual TLS", "403"));
  } finally {
    await secrets.remove(tokenSecret.id);
  }
}

/** JSON, as contract/token-policy.ts wants it: a client certificate of our own CA, and whose server it is. */
async function certificateSecret(at: CheckContext): Promise<string> {
  const { certificate, key } = await at.issue("introspection");
  const [cert, privateKey] = [certificate, key].map((file) => readFileSync(file, "utf8"));
  return JSON.stringify({ cert, key: privateKey, ca: at.tokenService.authority });
}

function byMutualTls(at: CheckContext): IntrospectionTokens {
  const deployed = introspectionTokens(at.tokenService);
  const client = { authentication: "mtls", id: introspector.mtlsId, secret: tokenSecret } as const;
  return { ...deployed, answers: "policy", url: at.tokenService.mtlsIntrospectionUrl, client };
}

async function cases(at: CheckContext, how: string, status: "401" | "403"): Promise<void> {
  const other = await otherPartner(at);
  const mine = await tokenOf(at, at.good, tokenClients.opaque.id);
  const good = await askTime(at, at.good, bearer(mine));
  at.report.row(26, `introspected ${how}: my token with my certificate`, timeAnswer, good.summary);
  const stolen = await askTime(at, other, bearer(mine));
  at.report.row(
    26,
    "… with another client's certificate",
    `${status} token/token-of-another-certificate, ${invalid}`,
    `${await explained(at, stolen)}, ${stolen.headers["www-authenticate"]}`,
  );
  const unbound = await tokenOf(at, at.good, tokenClients.opaqueUnbound.id);
  await refused(at, "… a token that is bound to nothing", bearer(unbound), `${status} token/token-not-bound`);
  const unknown = `${status} token/token-invalid (not active)`;
  await refused(at, "… a token that the server does not know", bearer(`${mine}x`), unknown);
  await refused(at, "… no token", {}, `${status} token/token-missing`);
  await expiring(at, unknown);
  await withoutScope(at);
  const again = await askTime(at, at.good, bearer(mine));
  at.report.row(26, "… and mine again", timeAnswer, again.summary);
}

async function expiring(at: CheckContext, refusal: string): Promise<void> {
  const brief = bearer(await tokenOf(at, at.good, tokenClients.opaqueBrief.id));
  let got = "";
  await eventually(async () => {
    got = await explained(at, await askTime(at, at.good, brief));
    return got.startsWith("200") ? undefined : true;
  }, 20);
  at.report.row(26, "… a token of one second, later", refusal, got);
}

async function withoutScope(at: CheckContext): Promise<void> {
  const token = await tokenOf(at, at.good, tokenClients.opaque.id, { scope: "" });
  const answer = await askTime(at, at.good, bearer(token));
  at.report.row(
    26,
    "… a token without the scope",
    `403 scopes/insufficient-scope, Bearer error="insufficient_scope", scope="${tokenScope}"`,
    `${await explained(at, answer)}, ${answer.headers["www-authenticate"]}`,
  );
}

async function refused(
  at: CheckContext,
  what: string,
  headers: Headers,
  expected: string,
  client: Client = at.good,
): Promise<void> {
  at.report.row(26, what, expected, await explained(at, await askTime(at, client, headers)));
}
