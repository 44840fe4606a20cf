/**
 * Check 28: a key set or an introspection endpoint that fails, in every way in which such a service fails: denied
 * within the time-out, counted where the deployed alarm looks, and over when the service is well again.
 */
import { deployedAlarms } from "#aws/deployed-alarms.ts";
import { SecretTools } from "#aws/secret-tools.ts";
import { apiFunctionName, stackNames } from "#contract/names.ts";
import type { TokenPolicy } from "#contract/token-policy.ts";
import {
  introspectionTokens,
  introspector,
  jwtTokens,
  tokenClients,
  tokenSecret,
} from "../../start/tokens.ts";
import {
  type Failure,
  failures,
  startUnreliableFront,
  type UnreliableFront,
} from "../../token-server/unreliable-front.ts";
import { askTime, bearer, timeAnswer, tokenOf } from "../access-token.ts";
import { auditLine, type CheckContext, eventually, explained } from "../context.ts";
import { withTokenPolicy } from "../token-policy.ts";
import { bears, metricLines } from "./alarms.ts";

/** The audit line's word for each. */
const details: Readonly<Record<Failure, string>> = {
  slow: "time-out",
  gone: "ECONNREFUSED",
  cut: "ECONNRESET",
  busy: "status 503",
  html: "no JSON content type",
  text: "no JSON content type",
  large: "more than 262144 bytes",
  elsewhere: "status 302",
};

export async function failingTokenService(at: CheckContext): Promise<void> {
  const front = await startUnreliableFront(at.tokenService.jwksUrl);
  const secrets = new SecretTools(at.apiAccount.connection);
  const own = (url: string) => `${front.origin}${new URL(url).pathname}`;
  try {
    await secrets.put(tokenSecret.id, introspector.secret);
    const jwt = { ...jwtTokens(at.tokenService), keys: { url: own(at.tokenService.jwksUrl) } };
    await fails(at, front, jwt, await tokenOf(at, at.good, tokenClients.own.id), "500", "keys");
    const asked = introspectionTokens(at.tokenService);
    const byPolicy = { ...asked, answers: "policy" as const, url: own(asked.url) };
    const opaque = await tokenOf(at, at.good, tokenClients.opaque.id);
    await fails(at, front, byPolicy, opaque, "403", "introspection");
    await counted(at);
  } finally {
    await secrets.remove(tokenSecret.id);
    await front.close();
  }
}

/** Every failure, and after each that the next call is answered again: nothing of it was kept. */
async function fails(
  at: CheckContext,
  front: UnreliableFront,
  policy: TokenPolicy,
  token: string,
  status: "403" | "500",
  what: "keys" | "introspection",
): Promise<void> {
  const authorizer = apiFunctionName(at.environment.name, at.api.name, "authorizer");
  await withTokenPolicy(at, policy, async () => {
    for (const [failure, does] of Object.entries(failures) as [Failure, string][]) {
      // Keys that are there stay good for ten minutes: only who has none asks for them.
      if (what === "keys") await at.apiAccount.restartFunction(authorizer);
      await front.fail(failure);
      const answer = await askTime(at, at.good, bearer(token));
      const expected = `${status} token/token-service-failed (${what}: ${details[failure]})`;
      at.report.row(28, `${what}: the server ${does}`, expected, await explained(at, answer));
      if (failure === "slow") await inTime(at, answer.requestId, policy.timeoutMilliseconds);
      await front.recover();
      const after = await askTime(at, at.good, bearer(token));
      at.report.row(28, "… the server is well again: allowed", timeAnswer, after.summary);
    }
  });
}

/** What a busy machine may add to the time-out: it is the authorizer that gave up, not its own 15 s. */
const busySeconds = 3;

async function inTime(at: CheckContext, requestId: string, timeoutMilliseconds: number): Promise<void> {
  const took = (await auditLine(at, requestId))?.milliseconds.token ?? Number.POSITIVE_INFINITY;
  const isInTime = took <= timeoutMilliseconds + busySeconds * 1000;
  at.report.row(28, `… within ${timeoutMilliseconds} ms`, "in time", isInTime ? "in time" : `${took} ms`);
}

async function counted(at: CheckContext): Promise<void> {
  const { environment, api, apiAccount } = at;
  const stack = stackNames.api(environment.name, api.name);
  const { metrics } = await deployedAlarms(apiAccount.connection, stack);
  const alarm = metrics.find(({ Dimensions }) =>
    Dimensions?.some(({ Value }) => Value === "token-service-failed"),
  );
  const found = await eventually(async () => {
    const lines = await metricLines(at, apiFunctionName(environment.name, api.name, "authorizer"));
    return alarm && lines.some((line) => bears(line, alarm)) ? "counted" : undefined;
  }, 10);
  at.report.row(
    28,
    "such decisions are counted where the deployed alarm looks",
    "counted",
    found ?? "not counted",
  );
}
