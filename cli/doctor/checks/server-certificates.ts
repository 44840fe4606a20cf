/** The domain's certificate, and its ownership certificate where there is one: issued, and not near its end. */

import type { Reader } from "../check.ts";
import {
  apiReader,
  daysUntil,
  domainOf,
  type Examined,
  type Finding,
  fail,
  forEachApi,
  ok,
  warn,
} from "../check.ts";

/** ACM renews 60 days before the end; what is nearer has not been renewed. */
const renewedByDays = 45;

export const serverCertificates = forEachApi("server-certificates", async (at, api) => {
  const domain = await domainOf(at, api);
  const arns = [domain.certificateArn, domain.ownershipCertificateArn].filter((one) => one !== undefined);
  if (arns.length === 0)
    return [fail("server-certificate-missing", api.domain, "the domain has none", "deploy the API stack")];
  return Promise.all(arns.map((arn) => examine(at, apiReader(at, api), arn)));
});

async function examine({ now }: Examined, reader: Reader, arn: string): Promise<Finding> {
  const subject = arn.replace(/^.*:certificate\//, "certificate ");
  const found = await reader.serverCertificate(arn);
  const todo = "look at it in ACM: its DNS validation record must be in the zone";
  if (found?.status !== "ISSUED" || !found.notAfter)
    return fail("server-certificate-invalid", subject, found?.status ?? "there is no such certificate", todo);
  const left = daysUntil(found.notAfter, now);
  const what = `valid until ${found.notAfter.toISOString().slice(0, 10)} (${Math.floor(left)} days)`;
  if (left <= 0) return fail("server-certificate-expired", subject, what, todo);
  return left < renewedByDays
    ? warn("server-certificate-near-end", subject, `${what}: ACM has not renewed it`, todo)
    : ok("server-certificate", subject, what);
}
