/**
 * Check 27: Authlete's introspection, versions 2 and 3, every action of it, in both ways of answering. The server
 * is one that speaks as Authlete's documentation says (local/token-server/authlete.ts); Authlete itself is not asked.
 */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { SecretTools } from "#aws/secret-tools.ts";
import type { AuthleteTokens } from "#contract/token-policy.ts";
import { decodeOnePem } from "#pki/pem.ts";
import type { Client } from "../../start/client.ts";
import { tokenScope, tokenSecret } from "../../start/tokens.ts";
import {
  type AuthleteAction,
  challengeOf,
  type LocalAuthlete,
  startLocalAuthlete,
} from "../../token-server/authlete.ts";
import { askTime, bearer, otherPartner, timeAnswer } from "../access-token.ts";
import { type CheckContext, verdict } from "../context.ts";
import { withTokenPolicy } from "../token-policy.ts";

const ways = [
  { version: 2, answers: "policy" },
  { version: 3, answers: "exception" },
] as const;

export async function authlete(at: CheckContext): Promise<void> {
  const secrets = new SecretTools(at.apiAccount.connection);
  const server = await startLocalAuthlete();
  try {
    const { baseUrl, apiKey, apiSecret } = server;
    const secret = {
      AUTHLETE_BASE_URL: baseUrl,
      AUTHLETE_SERVICE_APIKEY: apiKey,
      AUTHLETE_SERVICE_APISECRET: apiSecret,
    };
    await secrets.put(tokenSecret.id, JSON.stringify(secret));
    for (const way of ways)
      await withTokenPolicy(at, policyOf(way), async () => {
        await judged(at, server, way);
        await actions(at, server, way);
      });
  } finally {
    await secrets.remove(tokenSecret.id);
    await server.close();
  }
}

type Way = (typeof ways)[number];

const policyOf = ({ version, answers }: Way): AuthleteTokens => ({
  ...{ kind: "authlete", version, answers, bound: true, timeoutMilliseconds: 1_500 },
  ...{ secret: tokenSecret, report: answers === "policy" },
});

/** By Authlete, of tokens that it knows. */
async function judged(at: CheckContext, server: LocalAuthlete, { version, answers }: Way): Promise<void> {
  const other = await otherPartner(at);
  const token = { scopes: [tokenScope], subject: "user-1", clientId: 4711, expiresAt: Date.now() + 600_000 };
  server.tokens.set("mine", { ...token, certificateThumbprint: thumbprintOf(at.good) });
  server.tokens.set("unbound", token);
  server.tokens.set("scopeless", { ...token, scopes: [], certificateThumbprint: thumbprintOf(at.good) });
  server.tokens.set("old", { ...token, expiresAt: 1, certificateThumbprint: thumbprintOf(at.good) });
  const status = answers === "policy" ? 403 : 401;
  const rows: readonly (readonly [string, string, Client, string | RegExp])[] = [
    ["my token with my certificate", "mine", at.good, timeAnswer],
    ["… with another client's certificate", "mine", other, `${status} token/token-invalid`],
    ["… a token that is bound to nothing", "unbound", at.good, `${status} token/token-not-bound`],
    ["… a token without the scope", "scopeless", at.good, "403 scopes/insufficient-scope"],
    ["… a token that has expired", "old", at.good, `${status} token/token-invalid`],
    ["… a token that it does not know", "never", at.good, `${status} token/token-invalid`],
  ];
  for (const [what, name, client, expected] of rows) {
    const got = await verdict(at, await askTime(at, client, bearer(name)));
    at.report.row(27, `Authlete ${version}, answers "${answers}": ${what}`, expected, got);
  }
}

/** Each action as Authlete may take it, whatever the token; its challenge goes through where a policy answers. */
async function actions(at: CheckContext, server: LocalAuthlete, { answers }: Way): Promise<void> {
  const byPolicy = answers === "policy";
  const invalid = `${byPolicy ? 403 : 401} token/token-invalid`;
  const expected: Readonly<Record<Exclude<AuthleteAction, "OK">, string>> = {
    BAD_REQUEST: invalid,
    UNAUTHORIZED: invalid,
    FORBIDDEN: "403 scopes/insufficient-scope",
    INTERNAL_SERVER_ERROR: `${byPolicy ? 403 : 500} token/token-service-failed`,
  };
  for (const action of ["BAD_REQUEST", "UNAUTHORIZED", "FORBIDDEN", "INTERNAL_SERVER_ERROR"] as const) {
    server.always = action;
    const answer = await askTime(at, at.good, bearer("mine"));
    const challenge =
      action === "INTERNAL_SERVER_ERROR"
        ? "no challenge"
        : byPolicy || action === "FORBIDDEN"
          ? challengeOf(action)
          : 'Bearer error="invalid_token"';
    const got = `${await verdict(at, answer)}, ${answer.headers["www-authenticate"] ?? "no challenge"}`;
    at.report.row(27, `… action ${action}`, `${expected[action]}, ${challenge}`, got);
  }
  // What Authlete lets pass is still held to its binding.
  server.always = "OK";
  const stolen = await verdict(at, await askTime(at, await otherPartner(at), bearer("mine")));
  const refusal = `${byPolicy ? 403 : 401} token/token-of-another-certificate`;
  at.report.row(27, "… action OK for another client's certificate", refusal, stolen);
  server.always = undefined;
  const good = await askTime(at, at.good, bearer("mine"));
  at.report.row(27, "… action OK", timeAnswer, good.summary);
}

const thumbprintOf = ({ certificate }: Client): string =>
  createHash("sha256")
    .update(decodeOnePem(readFileSync(certificate, "utf8"), "CERTIFICATE"))
    .digest("base64url");
