/** Invariant I7's two figures, and whether the CRL of today keeps the first. */
import { revocationPromise as promiseOf } from "#config/worst-case-revocation.ts";
import { readUnverifiedCrl } from "#pki/crl/open.ts";
import { PkiError } from "#pki/errors.ts";
import { decodeOnePem } from "#pki/pem.ts";
import { caReader, caState, duration, type Examined, fail, forEachApi, ok, warn } from "../check.ts";

export const revocationPromise = forEachApi("revocation-promise", async (at, api, stack) => {
  if (api.authorizer.revocation === "off")
    return [
      warn(
        "revocation-off",
        stack,
        "a revoked certificate stays good",
        "another engine: docs/how-to, or accept it",
      ),
    ];
  const oldest = await oldestCrlSeconds(at);
  const promise = promiseOf(at.environment, api, duration);
  return oldest > oldestInTime(at)
    ? [
        fail(
          "revocation-promise-broken",
          stack,
          `${promise}; but the CRL is ${duration(oldest)} old`,
          `npm run ca -- publish --env ${at.environment.name} --yes; then read ca-publish's log`,
        ),
      ]
    : [ok("revocation-promise", stack, promise)];
});

/** A CRL that is older than one period and its backdating could not be replaced in time; another CA has its own pace. */
function oldestInTime({ environment: { ca } }: Examined): number {
  return ca.engine.kind === "kms" ? ca.crl.publishEveryMinutes * 60 + 120 : ca.crl.maxAgeMinutes * 60;
}

/** Its signature is another check's; here it is only dated. A CRL that is none is older than any. */
async function oldestCrlSeconds(at: Examined): Promise<number> {
  const { bucket, issuers } = await caState(at);
  const ages = issuers.map(async ({ issuingCrlKey }) => {
    const object = await caReader(at).object(bucket, issuingCrlKey);
    if (!object) return Number.POSITIVE_INFINITY;
    try {
      const text = object.body.toString("latin1");
      const der = text.startsWith("-----") ? decodeOnePem(text, "X509 CRL") : object.body;
      return (at.now.getTime() - readUnverifiedCrl(der).thisUpdate.getTime()) / 1000;
    } catch (error) {
      if (error instanceof PkiError) return Number.POSITIVE_INFINITY;
      throw error;
    }
  });
  return Math.max(0, ...(await Promise.all(ages)));
}
