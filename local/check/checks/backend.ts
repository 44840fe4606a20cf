/** Checks 33 and 34: through to the backend with a token that proves it, never around it; and a route of a function. */
import { backendTokenHeader, jwksKey } from "#contract/backend-token.ts";
import { jwksBucketName } from "#contract/names.ts";
import { accessLine, namedInLogs } from "../access-line.ts";
import { type CheckContext, callAs, gatewayReason, verdict } from "../context.ts";
import type { Answer } from "../curl.ts";

export async function backend(at: CheckContext): Promise<void> {
  await verified(at);
  await neverAround(at);
  await unwell(at);
}

async function verified(at: CheckContext): Promise<void> {
  const principal = `${at.good.generation}:${at.good.serial}`;
  const one = await callAs(at, at.good, { method: "GET", path: "/pets/1" });
  const answer = (body: string) => body.replaceAll(principal, "PRINCIPAL");
  at.report.row(
    33,
    "mTLS → authorizer → backend, which verified its token against the published JWKS",
    '200 {"caller":"PRINCIPAL","pet":{"id":"1","name":"Momo","kind":"cat"}}',
    answer(one.summary),
  );
  const put = await callAs(at, at.good, { method: "PUT", path: "/pets?colour=red", body: "{}" });
  at.report.row(
    33,
    "any method gets there",
    '405 {"message":"these pets are only to be looked at"}',
    put.summary,
  );
  const bucket = jwksBucketName(at.environment.name, at.api.name, at.api.account);
  const jwks = JSON.parse((await at.apiAccount.read(bucket, jwksKey)).toString("utf8")) as { keys: object[] };
  at.report.row(
    33,
    "the JWKS holds public keys and nothing private",
    "kty,crv,alg,use,kid,x,y",
    [...new Set(jwks.keys.flatMap((key) => Object.keys(key)))].join(","),
  );
}

/** Refused before the backend is asked: it counts what reaches it. */
async function neverAround(at: CheckContext): Promise<void> {
  const other = await at.issue("stranger", { organizationalUnit: "Strangers" });
  const before = at.backend.calls();
  const strange = await callAs(at, other, { method: "GET", path: "/pets/1" });
  at.report.row(
    33,
    "another certificate of the same issuer",
    "403 rules/no-rule",
    await verdict(at, strange),
  );
  for (const name of [backendTokenHeader, backendTokenHeader.toLowerCase().replaceAll("-", "_")]) {
    const headers = { [name]: "eyJhbGciOiJub25lIn0.e30." };
    const smuggled = await callAs(at, at.good, { method: "GET", path: "/pets/1", headers });
    at.report.row(
      33,
      `a client that sends ${name} itself`,
      "403 place/backend-token-given",
      await verdict(at, smuggled),
    );
  }
  for (const path of [
    "/pets/..%2f..%2fadmin",
    "/pets/1%2Fvaccinations",
    "/pets/%2e%2e",
    "/pets/a%0d%0aX:1",
    "/pets/%252e%252e",
    "/pets/..",
    "/pets/.",
    "/pets/a;b",
    "/pets/%00",
  ]) {
    const hostile = await callAs(at, at.good, { method: "GET", path });
    at.report.row(33, `the path ${path}`, "403 place/path-not-plain", await verdict(at, hostile));
  }
  for (const path of ["/pets/../admin", "/pets//1", "//pets/1", "/%70ets/1", "/pets/1/", "/pets\\1"]) {
    const hostile = await callAs(at, at.good, { method: "GET", path });
    at.report.row(33, `the path ${path}`, "403 no-such-route", gatewayReason(at, hostile));
  }
  at.report.row(33, "… none of which reached the backend", "0", String(at.backend.calls() - before));
}

async function unwell(at: CheckContext): Promise<void> {
  const call = () => callAs(at, at.good, { method: "GET", path: "/pets/2" });
  const before = at.backend.calls();
  for (const [how, what, body, why, logged] of misbehaviours) {
    await at.backend.behave(how);
    const answer = await call();
    at.report.row(33, `a backend that ${what}`, body, answer.summary);
    at.report.row(33, "… said by the gateway", why, gatewayReason(at, answer));
    at.report.row(33, "… in the access log", logged, await loggedAs(at, answer));
  }
  await at.backend.behave("redirecting");
  const redirected = await call();
  at.report.row(
    33,
    "a backend that redirects: handed back, not followed",
    "302 to https://elsewhere.example.com/pets",
    `${redirected.status} to ${redirected.headers.location}`,
  );
  at.report.row(
    33,
    "… in the access log",
    "302, of the backend 302, error -, this client",
    await loggedAs(at, redirected),
  );
  await at.backend.behave("well");
  at.report.row(33, "… each asked once (down: not at all)", "5", String(at.backend.calls() - before));
  at.report.row(33, "the backend is back", /^200 /, (await call()).summary);
}

const badGateway =
  /^502 \{"message":"Bad gateway","code":"integration-failed","requestId":"[0-9a-f-]{36}"\}$/;
/** The backend's status, if it gave a whole answer, and who called, by decimal serial and name in API Gateway's form. */
async function loggedAs(at: CheckContext, { requestId }: Answer): Promise<string> {
  const line = await accessLine(at, requestId);
  if (!line) return "no line";
  const { serialNumber, subjectDN } = namedInLogs(at.good);
  const { clientCert, status, integrationStatus, errorType } = line;
  const same = clientCert.serialNumber === serialNumber && clientCert.subjectDN === subjectDN;
  const who = same ? "this client" : `${clientCert.serialNumber} ${clientCert.subjectDN}`;
  return `${status}, of the backend ${integrationStatus}, error ${errorType}, ${who}`;
}

const notReached = [
  badGateway,
  "502 integration-not-reached",
  "502, of the backend -, error INTEGRATION_FAILURE, this client",
] as const;
const misbehaviours = [
  ["down", "is down", ...notReached],
  [
    "silent",
    "does not answer in time",
    /^504 \{"message":"Gateway time-out","code":"integration-timeout","requestId":"[0-9a-f-]{36}"\}$/,
    "504 integration-timeout",
    "504, of the backend -, error INTEGRATION_TIMEOUT, this client",
  ],
  ["huge", "answers with more than 10 MB", ...notReached],
  ["garbage", "answers with what is no HTTP", ...notReached],
  ["breaking", "breaks off within its answer", ...notReached],
] as const;

export async function customerInfo(at: CheckContext): Promise<void> {
  const ask = (query: string) => callAs(at, at.good, { method: "GET", path: `/cust-info/v1/data${query}` });
  const first = await ask("?seed=check&count=20");
  at.report.row(
    34,
    "customer information",
    /^200 \{"status":"(ok|partial)","total":20,"bad":\d+,"messages":\[\{"body":\{.*"attributes":\{.*$/,
    first.summary,
  );
  at.report.row(34, "… the same for the same seed", first.body, (await ask("?seed=check&count=20")).body);
  at.report.row(
    34,
    "… another for another",
    "another",
    difference(first.body, (await ask("?seed=b&count=20")).body),
  );
  const hostile = await ask("?seed=%3Cscript%3E");
  at.report.row(
    34,
    "a seed that is none",
    '400 {"message":"seed: letters, digits, _ and -, at most 64, once"}',
    hostile.summary,
  );
}

const difference = (a: string, b: string): string => (a === b ? "the same" : "another");
