/**
 * Check 23: access tokens of a real authorization server, bound to the client's certificate (RFC 8705), on a route that
 * asks for a scope. Every refusal has its twin: the same call with the right token or certificate.
 */

import type { Client } from "../../start/client.ts";
import { jwtTokens, tokenClients, tokenScope } from "../../start/tokens.ts";
import { askTime as ask, bearer, timeAnswer as ok, otherPartner, tokenOf } from "../access-token.ts";
import { type CheckContext, call, callAs, eventually, verdict } from "../context.ts";
import { withTokenPolicy } from "../token-policy.ts";

const staticChallenge = 'Bearer error="invalid_token"';
const interactionId = "c770aef3-6784-41f7-8e0e-ff5f97bddb3a";

export async function tokens(at: CheckContext): Promise<void> {
  const other = await otherPartner(at);
  const mine = await tokenOf(at, at.good, tokenClients.own.id);
  const theirs = await tokenOf(at, other, tokenClients.other.id);
  await withTokenPolicy(at, jwtTokens(at.tokenService), async () => {
    await accepted(at, mine, other, theirs);
    await bound(at, mine, other, theirs);
    await presented(at, mine);
    await contents(at);
    await interaction(at, mine);
  });
}

async function accepted(at: CheckContext, mine: string, other: Client, theirs: string): Promise<void> {
  at.report.row(23, "my token with my certificate", ok, (await ask(at, at.good, bearer(mine))).summary);
  at.report.row(
    23,
    "another client's token with its own certificate",
    ok,
    (await ask(at, other, bearer(theirs))).summary,
  );
  for (const scheme of ["bearer", "BEARER"])
    at.report.row(
      23,
      `the scheme written ${scheme}`,
      ok,
      (await ask(at, at.good, { Authorization: `${scheme} ${mine}` })).summary,
    );
  for (const Accept of ["application/json", "text/html, */*;q=0.1", "application/xml"])
    at.report.row(23, `Accept: ${Accept}`, ok, (await ask(at, at.good, { ...bearer(mine), Accept })).summary);
}

async function bound(at: CheckContext, mine: string, other: Client, theirs: string): Promise<void> {
  const stolen = await ask(at, other, bearer(mine));
  at.report.row(
    23,
    "my token with another client's certificate",
    "401 token/token-of-another-certificate",
    await verdict(at, stolen),
  );
  at.report.row(23, "… with the static challenge", staticChallenge, stolen.headers["www-authenticate"] ?? "");
  await refused(
    at,
    "another client's token with my certificate",
    at.good,
    bearer(theirs),
    "of-another-certificate",
  );
  const without = await call(at, { method: "GET", path: "/time", headers: bearer(mine) });
  at.report.row(23, "my token without a certificate", /^closed \(curl (35|52|56)\)$/, without.summary);
  const unbound = await tokenOf(at, at.good, tokenClients.unbound.id);
  await refused(at, "a token that is bound to no certificate", at.good, bearer(unbound), "not-bound");
}

async function presented(at: CheckContext, mine: string): Promise<void> {
  await refused(at, "no token", at.good, {}, "missing");
  await refused(at, "another scheme", at.good, { Authorization: `DPoP ${mine}` }, "missing");
  const twice = { Authorization: `Bearer ${mine}`, authorization: `Bearer ${mine}` };
  await refused(at, "the same token in two headers", at.good, twice, "ambiguous");
  await refused(at, "two tokens in one header", at.good, bearer(`${mine}, Bearer ${mine}`), "invalid");
  const query = await callAs(at, at.good, { method: "GET", path: `/time?access_token=${mine}` });
  at.report.row(23, "the token in the query", "401 token/token-in-query", await verdict(at, query));
  const free = await callAs(at, at.good);
  at.report.row(23, "a route that asks for no scope needs no token", /^200 /, free.summary);
}

async function contents(at: CheckContext): Promise<void> {
  const elsewhere = await tokenOf(at, at.good, tokenClients.own.id, {
    resource: "https://elsewhere.example.com",
  });
  await refused(at, "a token for another audience", at.good, bearer(elsewhere), "invalid");
  const good = await tokenOf(at, at.good, tokenClients.own.id);
  await refused(at, "a token with another signature", at.good, bearer(forged(good)), "invalid");

  const brief = await tokenOf(at, at.good, tokenClients.brief.id);
  let late = "";
  await eventually(async () => {
    late = await verdict(at, await ask(at, at.good, bearer(brief)));
    return late.startsWith("401") || undefined;
  }, 20);
  at.report.row(23, "a token of one second, later", "401 token/token-expired", late);

  const scopeless = await tokenOf(at, at.good, tokenClients.own.id, { scope: "" });
  const answer = await ask(at, at.good, bearer(scopeless));
  at.report.row(23, "a token without the scope", "403 scopes/insufficient-scope", await verdict(at, answer));
  at.report.row(
    23,
    "… with the exact challenge",
    `Bearer error="insufficient_scope", scope="${tokenScope}"`,
    answer.headers["www-authenticate"] ?? "",
  );
}

async function interaction(at: CheckContext, mine: string): Promise<void> {
  const id = { "x-fapi-interaction-id": interactionId };
  const answers = [
    await ask(at, at.good, { ...bearer(mine), ...id }),
    await ask(at, at.good, id),
    await ask(at, at.good, {
      ...bearer(await tokenOf(at, at.good, tokenClients.own.id, { scope: "" })),
      ...id,
    }),
  ];
  at.report.row(
    23,
    "x-fapi-interaction-id is repeated, in answers of the function and of the gateway",
    `200 401 403, ${[interactionId, interactionId, interactionId].join(" ")}`,
    `${answers.map((one) => one.status).join(" ")}, ${answers.map((one) => one.headers["x-fapi-interaction-id"]).join(" ")}`,
  );
  const unmarked = await ask(at, at.good, bearer(mine));
  at.report.row(
    23,
    "without one, the function's answer has the request's id",
    unmarked.requestId,
    unmarked.headers["x-fapi-interaction-id"] ?? "",
  );
}

async function refused(
  at: CheckContext,
  what: string,
  client: Client,
  headers: Readonly<Record<string, string>>,
  code: string,
): Promise<void> {
  at.report.row(23, what, `401 token/token-${code}`, await verdict(at, await ask(at, client, headers)));
}

/** The same claims, signed by nobody. */
function forged(token: string): string {
  const [header, claims, signature = ""] = token.split(".");
  const first = signature.startsWith("A") ? "B" : "A";
  return `${header}.${claims}.${first}${signature.slice(1)}`;
}
