/**
 * Checks 24 and 25: S3 out of reach for longer than `maxOutageSeconds`, and a CRL whose time runs out. Both deny
 * everybody, by the deployed bundle's own clock, and both are over when their cause is.
 */
import { setTimeout as wait } from "node:timers/promises";
import { AccountTools } from "#aws/account-tools.ts";
import type { Connection } from "#aws/connection.ts";
import { KmsSigner } from "#aws/kms-signer.ts";
import { externalKeys } from "#contract/external-bucket.ts";
import { apiFunctionName, caFunctionName } from "#contract/names.ts";
import { readUnverifiedCrl } from "#pki/crl/open.ts";
import { prepareCrl } from "#pki/crl/write.ts";
import { attachSignature, digestOf } from "#pki/unsigned.ts";
import { bucketOf, type CheckContext, callAs, callSeconds, callUntil, explained } from "../context.ts";
import { issuingCertificate } from "./certificates.ts";

const outages = [
  ["answers 503", "busy", "status 503"],
  ["does not answer", "silent", "time-out"],
] as const;

export async function bucketOutOfReach(at: CheckContext): Promise<void> {
  await withFreshCrl(at, async () => {
    for (const outage of outages) await refusedDuring(at, outage);
  });
}

async function refusedDuring(
  at: CheckContext,
  [what, kind, detail]: (typeof outages)[number],
): Promise<void> {
  const { refreshSeconds, maxOutageSeconds } = at.api.authorizer;
  const authorizer = apiFunctionName(at.environment.name, at.api.name, "authorizer");
  await callAs(at, at.good);
  await at.withoutBucket(bucketOf(at), kind, async () => {
    // By then the authorizer has asked, and got no list.
    const served = await callsFor(at, refreshSeconds + 2);
    at.report.row(24, `S3 ${what}: the last good CRL serves`, /^200 /, served);
    const { got } = await callUntil(at, at.good, "403", maxOutageSeconds + callSeconds, explained);
    // Whichever list was asked for last before the outage runs out first.
    const expected = new RegExp(
      `^403 revocation/revocation-unknown \\((issuing|root) CRL: bucket out of reach: ${detail}\\)$`,
    );
    at.report.row(24, `… after ${maxOutageSeconds} s: refused`, expected, got);
    await at.apiAccount.restartFunction(authorizer);
    const cold = await explained(at, await callAs(at, at.good));
    at.report.row(24, "… a fresh process, which has nothing yet: refused", "500 certificate/fault", cold);
  });
  const { got } = await callUntil(at, at.good, "200", refreshSeconds + callSeconds);
  at.report.row(24, "… S3 is back: allowed", /^200 /, got);
}

/** Calls for so many seconds; the last answer, or the first refusal. */
async function callsFor(at: CheckContext, seconds: number): Promise<string> {
  const until = Date.now() + seconds * 1000;
  for (;;) {
    const isLast = Date.now() >= until;
    const got = await explained(at, await callAs(at, at.good));
    if (isLast || !got.startsWith("200")) return got;
    await wait(500);
  }
}

/** Long enough to be seen good, on a busy machine too. */
const briefSeconds = 20;

export async function staleCrl(at: CheckContext): Promise<void> {
  const clients = [at.good, await at.issue("partner-s")];
  const key = externalKeys.issuingCrl(at.good.generation);
  const { refreshSeconds } = at.api.authorizer;
  await withFreshCrl(at, async () => {
    const publisher = await at.ca.assumeFunctionRole(
      at.environment.ca.account,
      caFunctionName(at.environment.name, "ca-publish"),
    );
    await new AccountTools(publisher).write(bucketOf(at), key, await briefCrl(at, key, publisher));
    await wait(refreshSeconds * 1000);
    for (const client of clients) {
      const answer = await explained(at, await callAs(at, client));
      at.report.row(25, `a CRL that is good for some seconds yet: ${client.name} allowed`, /^200 /, answer);
    }
    for (const client of clients) {
      const { got } = await callUntil(at, client, "403", briefSeconds + callSeconds, explained);
      const expected = "403 revocation/revocation-unknown (issuing CRL: next-update-past)";
      at.report.row(25, `… past its nextUpdate: ${client.name} refused`, expected, got);
    }
  });
  await at.operate("publish", "--env", "local", "--yes");
  for (const client of clients) {
    const { got } = await callUntil(at, client, "200", refreshSeconds + callSeconds);
    at.report.row(25, `… published anew: ${client.name} allowed`, /^200 /, got);
  }
}

/**
 * What is published now, for some seconds only, under the CA's own key: ca-publish's role signs it. The number stays,
 * so that the next run of ca-publish has a greater one.
 */
async function briefCrl(at: CheckContext, key: string, publisher: Connection): Promise<Buffer> {
  const issuer = await issuingCertificate(at);
  const now = readUnverifiedCrl(await at.ca.read(bucketOf(at), key));
  const unsigned = prepareCrl({
    issuer,
    number: now.number ?? 0n,
    thisUpdate: new Date(Date.now() - 60_000),
    nextUpdate: new Date(Date.now() + briefSeconds * 1000),
    entries: now.revocations(),
  });
  const alias = `alias/${at.environment.name}-ca-${at.good.generation}-issuing`;
  const { arn } = await at.ca.signingKey(alias);
  const signature = await new KmsSigner(publisher).sign(arn, unsigned.algorithm, digestOf(unsigned));
  return attachSignature(unsigned, signature);
}

/** A CRL of now, and nobody who publishes another meanwhile. */
async function withFreshCrl(at: CheckContext, work: () => Promise<void>): Promise<void> {
  await at.operate("publish", "--env", "local", "--yes");
  await at.ca.withoutSchedule(caFunctionName(at.environment.name, "ca-publish"), work);
}
