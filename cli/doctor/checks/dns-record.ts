/** The domain's record in its zone points at the regional name that API Gateway gave it. */
import { domainOf, fail, forEachApi, ok } from "../check.ts";

export const dnsRecord = forEachApi("dns-record", async (at, api, stack) => {
  const wanted = (await domainOf(at, api)).regionalDomainName;
  const { name, account = api.account } = api.zone;
  const found = await at.reader(account, api.region).cname(name, api.domain);
  return found !== undefined && found === wanted
    ? [ok("dns-record", api.domain, `CNAME ${found}`)]
    : [
        fail(
          "dns-record-wrong",
          api.domain,
          `points at ${found ?? "nothing"}, API Gateway calls it ${wanted ?? "nothing"}`,
          `deploy ${stack}; somebody else may be answering in its name`,
        ),
      ];
});
