/** Checks 11 and 12: revocation within the promised seconds, and CRLs that an attacker has put in place. */
import { setTimeout as wait } from "node:timers/promises";
import { externalKeys } from "#contract/external-bucket.ts";
import { apiFunctionName, caFunctionName } from "#contract/names.ts";
import { readUnverifiedCrl } from "#pki/crl/open.ts";
import { bucketOf, type CheckContext, callAs, callUntil } from "../context.ts";

/** What a call itself may take on a busy machine, on top of what is promised. */
const callSeconds = 10;

export async function revoke(at: CheckContext): Promise<void> {
  const client = await at.issue("to-be-revoked");
  at.report.row(11, "a certificate before its revocation", /^200 /, (await callAs(at, client)).summary);
  await at.operate(
    ...["revoke", "--env", "local", "--serial", `0x${client.serial}`, "--reason", "keyCompromise", "--yes"],
  );
  // `revoke` returns when the CRL is published: from there on the authorizer's refresh counts.
  const promised = at.api.authorizer.refreshSeconds;
  const { got, after } = await callUntil(at, client, "403", promised + callSeconds);
  at.report.row(11, `… refused within ${promised} s of its publication`, "403 revocation/revoked", got);
  at.report.row(
    11,
    "… in time",
    "in time",
    after <= promised + callSeconds ? "in time" : `after ${after.toFixed(1)} s`,
  );
  at.report.row(11, "another client goes on", /^200 /, (await callAs(at, at.good)).summary);
}

interface Forgery {
  readonly what: string;
  readonly fresh?: boolean;
  readonly place: (at: CheckContext, key: string) => Promise<void>;
}

const forgeries: readonly Forgery[] = [
  {
    what: "garbage",
    place: (at, key) => at.ca.write(bucketOf(at), key, "not a list of anything"),
  },
  { what: "the other list of the same CA (the root's)", place: copyRootCrl },
  { what: "an older, validly signed one", place: putOldest },
  { what: "an older one, seen by a fresh process", fresh: true, place: putOldest },
  { what: "nothing (deleted)", place: (at, key) => at.ca.remove(bucketOf(at), key) },
];

/** Every forgery denies everybody; the true list, published again, lets them in again. */
export async function forgedCrls(at: CheckContext): Promise<void> {
  const key = externalKeys.issuingCrl(at.good.generation);
  const authorizer = apiFunctionName(at.environment.name, at.api.name, "authorizer");
  await oldEnough(at, key);
  for (const { what, fresh, place } of forgeries) {
    await at.ca.withoutSchedule(caFunctionName(at.environment.name, "ca-publish"), async () => {
      await at.ca.withoutBucketPolicy(bucketOf(at), () => place(at, key));
      if (fresh) await at.apiAccount.restartFunction(authorizer);
      const { got } = await callUntil(at, at.good, "403", at.api.authorizer.refreshSeconds + callSeconds);
      at.report.row(12, `CRL replaced by ${what}: refused`, "403 revocation/revocation-unknown", got);
    });
    await at.operate("publish", "--env", "local", "--yes");
    const { got } = await callUntil(at, at.good, "200", at.api.authorizer.refreshSeconds + callSeconds);
    at.report.row(12, "… published again: allowed", /^200 /, got);
  }
}

async function copyRootCrl(at: CheckContext, key: string): Promise<void> {
  const root = await at.ca.read(bucketOf(at), externalKeys.rootCrl(at.good.generation));
  await at.ca.write(bucketOf(at), key, root);
}

async function putOldest(at: CheckContext, key: string): Promise<void> {
  await at.ca.write(bucketOf(at), key, await oldest(at, key));
}

/** The first CRL that this CA ever published. */
async function oldest(at: CheckContext, key: string): Promise<Buffer> {
  const versions = (await at.ca.versions(bucketOf(at), key)).filter((one) => one.key === key);
  return at.ca.read(bucketOf(at), key, versions.at(-1)?.version);
}

/** A fresh process knows no number: only the age tells an old list. Waits until the first list is too old. */
async function oldEnough(at: CheckContext, key: string): Promise<void> {
  const maxAge = at.environment.ca.crl.maxAgeMinutes * 60_000;
  const { thisUpdate } = readUnverifiedCrl(await oldest(at, key));
  const left = thisUpdate.getTime() + maxAge + 2_000 - Date.now();
  if (left > 0) await wait(left);
}
