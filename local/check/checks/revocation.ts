/** Checks 11 and 12: revocation within the promised seconds, and CRLs that an attacker has put in place. */
import { setTimeout as wait } from "node:timers/promises";
import { externalKeys } from "#contract/external-bucket.ts";
import { apiFunctionName, caFunctionName } from "#contract/names.ts";
import { readUnverifiedCrl } from "#pki/crl/open.ts";
import { bucketOf, type CheckContext, callAs, callSeconds, callUntil, explained } from "../context.ts";
import { imitatedCrl } from "../strangers.ts";
import { issuingCertificate } from "./certificates.ts";

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
  /** The authorizer's own word for it. */
  readonly detail: string;
  readonly fresh?: boolean;
  readonly place: (at: CheckContext, key: string) => Promise<void>;
}

const deleted: Forgery = {
  what: "nothing (deleted)",
  // Who may not list a bucket is not told what is missing there.
  detail: "status 403",
  place: (at, key) => at.ca.remove(bucketOf(at), key),
};

const forgeries: readonly Forgery[] = [
  {
    what: "garbage",
    detail: "malformed",
    place: async (at, key) => void (await at.ca.write(bucketOf(at), key, "not a list of anything")),
  },
  {
    what: "the other list of the same CA (the root's)",
    detail: "issuer-mismatch",
    place: copyRootCrl,
  },
  { what: "one of another CA with our CA's names", detail: "signature", place: putImitated },
  { what: "an older, validly signed one", detail: "older than one already seen", place: putOldest },
  { what: "an older one, seen by a fresh process", detail: "too-old", fresh: true, place: putOldest },
  deleted,
];

/** Every forgery denies everybody; the true list, published again, lets them in again. */
export async function forgedCrls(at: CheckContext): Promise<void> {
  const key = externalKeys.issuingCrl(at.good.generation);
  await oldEnough(at, key);
  for (const forgery of forgeries) {
    await refusedBy(at, key, forgery, "issuing CRL");
    await at.operate("publish", "--env", "local", "--yes");
    await allowedAgain(at, "… published again: allowed");
  }
  // The root's list, by which the issuing certificate itself could be revoked.
  const rootKey = externalKeys.rootCrl(at.good.generation);
  const list = await at.ca.read(bucketOf(at), rootKey);
  await refusedBy(at, rootKey, deleted, "root CRL");
  await at.ca.withoutBucketPolicy(bucketOf(at), () => at.ca.write(bucketOf(at), rootKey, list));
  await allowedAgain(at, "… put back: allowed");
}

async function refusedBy(at: CheckContext, key: string, forgery: Forgery, list: string): Promise<void> {
  const { what, detail, fresh, place } = forgery;
  const authorizer = apiFunctionName(at.environment.name, at.api.name, "authorizer");
  await at.ca.withoutSchedule(caFunctionName(at.environment.name, "ca-publish"), async () => {
    await at.ca.withoutBucketPolicy(bucketOf(at), () => place(at, key));
    if (fresh) await at.apiAccount.restartFunction(authorizer);
    const seconds = at.api.authorizer.refreshSeconds + callSeconds;
    const { got } = await callUntil(at, at.good, "403", seconds, explained);
    const expected = `403 revocation/revocation-unknown (${list}: ${detail})`;
    at.report.row(12, `${list} replaced by ${what}: refused`, expected, got);
  });
}

async function allowedAgain(at: CheckContext, what: string): Promise<void> {
  const { got } = await callUntil(at, at.good, "200", at.api.authorizer.refreshSeconds + callSeconds);
  at.report.row(12, what, /^200 /, got);
}

async function putImitated(at: CheckContext, key: string): Promise<void> {
  const list = imitatedCrl(await issuingCertificate(at), await at.ca.read(bucketOf(at), key));
  await at.ca.write(bucketOf(at), key, list);
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
