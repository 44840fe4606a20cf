/** Check 36: what the table of routes says besides its targets: fixed answers, what a request must bring, preflights. */
import { originHeaders } from "#contract/cross-origin.ts";
import { type CheckContext, callAs, gatewayReason, verdict } from "../context.ts";
import type { Answer } from "../curl.ts";

export async function routes(at: CheckContext): Promise<void> {
  await fixedAnswer(at);
  await requestRules(at);
  await crossOrigin(at);
}

async function fixedAnswer(at: CheckContext): Promise<void> {
  const health = (headers = {}) => callAs(at, at.good, { method: "GET", path: "/health", headers });
  at.report.row(36, "API Gateway answers itself", '200 {"status":"ok"}', (await health()).summary);
  const typed = await health({ "Content-Type": "text/plain" });
  at.report.row(36, "… to nothing but JSON", /^415 .*"code":"unsupported-media-type"/, typed.summary);
  const stranger = await at.issue("nobody", { organizationalUnit: "Nobody" });
  const refused = await callAs(at, stranger, { method: "GET", path: "/health" });
  at.report.row(36, "… and only whom a rule admits", "403 rules/no-rule", await verdict(at, refused));
}

/** Refused before the backend is asked: it counts what reaches it. */
async function requestRules(at: CheckContext): Promise<void> {
  const key = { "Idempotency-Key": "check-36" };
  const json = { "Content-Type": "application/json" };
  const nemo = '{"name":"Nemo","kind":"cat"}';
  const post = (body: string | undefined, headers: Readonly<Record<string, string>>) =>
    callAs(at, at.good, { method: "POST", path: "/pets", headers, ...(body === undefined ? {} : { body }) });
  const before = at.backend.calls();
  const wrong: readonly (readonly [string, string | undefined, Readonly<Record<string, string>>, RegExp])[] =
    [
      ["a body that lacks a property", '{"name":"Nemo"}', { ...key, ...json }, badBody],
      ["a body with one more", '{"name":"Nemo","kind":"cat","id":"1"}', { ...key, ...json }, badBody],
      ["a body that is no JSON", "<pet/>", { ...key, ...json }, badBody],
      ["the same as another Content-Type", "<pet/>", { ...key, "Content-Type": "application/xml" }, badBody],
      ["no body", undefined, key, badBody],
      [
        "a required header left out",
        nemo,
        json,
        /^400 \{"message":"A header or parameter that the route needs is missing","code":"bad-request-parameters"/,
      ],
    ];
  for (const [what, body, headers, expected] of wrong) {
    const answer = await post(body, headers);
    at.report.row(36, what, expected, answer.summary);
    at.report.row(36, "… said by the gateway", "400 request-invalid", gatewayReason(at, answer));
  }
  at.report.row(36, "… none of which reached the backend", "0", String(at.backend.calls() - before));
  const made = await post(nemo, { ...key, ...json });
  at.report.row(36, "a request that brings all", /^201 .*"name":"Nemo","kind":"cat"/, made.summary);
  const again = await post(nemo, { ...key, ...json });
  at.report.row(36, "… played again makes no second pet", made.body, again.body);
}

const badBody = /^400 \{"message":"The body is not what the route takes","code":"bad-request-body"/;

async function crossOrigin(at: CheckContext): Promise<void> {
  const origin = at.api.cors?.origin ?? "";
  const headers = { Origin: origin, "Access-Control-Request-Method": "GET" };
  const preflight = await callAs(at, at.good, { method: "OPTIONS", path: "/health", headers });
  at.report.row(
    36,
    "a preflight with a certificate",
    `204 ${JSON.stringify({ ...originHeaders(origin), "Access-Control-Allow-Methods": "GET" })}`,
    `${preflight.status} ${JSON.stringify(told(preflight))}`,
  );
  const without = await callAs(
    at,
    { ...at.good, certificate: "", key: "" },
    { method: "OPTIONS", path: "/health" },
  );
  at.report.row(36, "… without one: the browser's problem", /^closed/, without.summary);
  const other = await callAs(at, at.good, { method: "OPTIONS", path: "/api", headers });
  at.report.row(36, "a route that does not ask has none", "403 no-such-route", gatewayReason(at, other));
  const page = await callAs(at, at.good, {
    ...{ method: "GET", path: "/cust-info/v1/data" },
    headers: { Origin: "https://evil.example.com" },
  });
  at.report.row(
    36,
    "whatever page asks, the one origin is named",
    origin,
    page.headers["access-control-allow-origin"] ?? "none",
  );
}

const told = ({ headers }: Answer) =>
  Object.fromEntries(
    ["Access-Control-Allow-Origin", "Access-Control-Allow-Credentials", "Access-Control-Allow-Methods"].map(
      (name) => [name, headers[name.toLowerCase()]],
    ),
  );
