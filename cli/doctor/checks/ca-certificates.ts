/** Root and issuing certificates of every trusted generation, as published: the right ones, and how long they last. */
import { externalKeys } from "#contract/external-bucket.ts";
import type { Certificate } from "#pki/certificate.ts";
import { type Check, caState, daysUntil, type Examined, type Finding, fail, ok, warn } from "../check.ts";
import { readCaCertificate } from "../published-certificate.ts";

/** A leaf never outlives its issuer, so the issuer must be replaced one leaf's life before its end. */
const spareDays = 90;

export const caCertificates: Check = {
  code: "ca-certificates",
  run: async (at) => {
    const { bucket, issuers } = await caState(at);
    const longest = Math.max(...Object.values(at.environment.ca.profiles).map((one) => one.maxDays));
    const all = issuers.flatMap((issuer) =>
      (["root", "issuing"] as const).map(async (which) => {
        const subject = externalKeys.caCertificate(issuer.generation, which);
        const certificate = await readCaCertificate(at, bucket, issuer, which);
        return certificate
          ? expiry(at, subject, certificate, longest)
          : fail(
              "ca-certificate-wrong",
              subject,
              "missing, or not the certificate that the CA stack's outputs name",
              "deploy the CA stack; find out who wrote the object",
            );
      }),
    );
    return Promise.all(all);
  },
};

function expiry({ now }: Examined, subject: string, certificate: Certificate, longest: number): Finding {
  const left = daysUntil(certificate.notAfter, now);
  const what = `valid until ${certificate.notAfter.toISOString().slice(0, 10)} (${Math.floor(left)} days)`;
  if (left <= 0)
    return fail(
      "ca-certificate-expired",
      subject,
      what,
      "rotate to a new generation now: docs/operations.md",
    );
  if (left < longest + spareDays)
    return warn(
      "ca-certificate-near-end",
      subject,
      `${what}; certificates of ${longest} days are asked of it`,
      "add the next generation as trusted: docs/operations.md",
    );
  return ok("ca-certificate", subject, what);
}
