/** Every CRL: there, signed by its issuer, fresh; young enough that the authorizer believes it. */
import type { CaIssuer } from "#contract/ca-outputs.ts";
import type { Certificate } from "#pki/certificate.ts";
import { type OpenedCrl, openCrl } from "#pki/crl/open.ts";
import { PkiError } from "#pki/errors.ts";
import { decodeOnePem } from "#pki/pem.ts";
import {
  type Check,
  caReader,
  caState,
  duration,
  type Examined,
  type Finding,
  fail,
  ok,
  warn,
} from "../check.ts";
import { readCaCertificate } from "../published-certificate.ts";

const publishNow = "npm run ca -- publish --env NAME --yes; then read ca-publish's log";

export const revocationLists: Check = {
  code: "revocation-lists",
  run: async (at) => {
    // Where no API asks for them there need be none.
    if (at.environment.apis.every((api) => api.authorizer.revocation === "off")) return [];
    const { bucket, issuers } = await caState(at);
    const all = issuers.flatMap((issuer) =>
      (["issuing", "root"] as const).map((which) => examine(at, bucket, issuer, which)),
    );
    return (await Promise.all(all)).flat();
  },
};

async function examine(
  at: Examined,
  bucket: string,
  issuer: CaIssuer,
  which: "root" | "issuing",
): Promise<Finding> {
  const key = which === "root" ? issuer.rootCrlKey : issuer.issuingCrlKey;
  const [object, certificate] = await Promise.all([
    caReader(at).object(bucket, key),
    readCaCertificate(at, bucket, issuer, which),
  ]);
  if (!object) return fail("crl-missing", key, "there is none: everybody is refused", todo(at));
  if (!certificate)
    return fail("crl-unverifiable", key, "its issuer's certificate is not published", "deploy the CA stack");
  const opened = open(object.body, certificate);
  return typeof opened === "string"
    ? fail("crl-invalid", key, `${opened}: everybody is refused`, todo(at))
    : freshness(at, key, opened, which);
}

function open(body: Buffer, issuer: Certificate): OpenedCrl | string {
  try {
    // As published: PEM or DER.
    const der = body.toString("latin1").startsWith("-----")
      ? decodeOnePem(body.toString("utf8"), "X509 CRL")
      : body;
    return openCrl(der, issuer);
  } catch (error) {
    if (error instanceof PkiError) return error.message;
    throw error;
  }
}

function freshness(at: Examined, key: string, crl: OpenedCrl, which: "root" | "issuing"): Finding {
  const { maxAgeMinutes, publishEveryMinutes, rootLifetimeDays } = at.environment.ca.crl;
  const age = (at.now.getTime() - crl.thisUpdate.getTime()) / 1000;
  const most = which === "issuing" ? maxAgeMinutes * 60 : rootLifetimeDays * 86_400;
  const what = `${duration(age)} old, number ${crl.number}, ${crl.entries} entries, believed for ${duration(most)}`;
  if (at.now > crl.nextUpdate || age > most)
    return fail("crl-stale", key, `${what}: everybody is refused`, todo(at));
  // Another CA publishes at its own pace.
  if (at.environment.ca.engine.kind !== "kms") return ok("crl", key, what);
  // Its thisUpdate is a minute back when it is published, and a schedule may be late by another.
  const late = which === "issuing" ? publishEveryMinutes * 60 + 120 : most / 2 + 86_400;
  if (age > late) return warn("crl-late", key, `${what}; a younger one was due`, todo(at));
  return ok("crl", key, what);
}

const todo = ({ environment }: Examined): string => publishNow.replace("NAME", environment.name);
