/** Which accounts an environment needs, and what each of them holds. */
import { foundationAccounts, workingRoles } from "#config/foundation-accounts.ts";
import { changed, put } from "./sample.ts";

const api = { account: "222222222222", region: "eu-west-2" };

test("a CA account and an API account", () => {
  expect(foundationAccounts(changed(() => {}))).toEqual([
    {
      ...{ account: "111111111111", region: "eu-west-2", stack: "foundation-test-111111111111" },
      buckets: [{ name: "state-111111111111", region: "eu-west-2" }],
      ...{ isCa: true, hasStacks: true, domains: [], loggingRegions: [] },
    },
    {
      ...{ ...api, stack: "foundation-test-222222222222" },
      buckets: [{ name: "state-222222222222", region: "eu-west-2" }],
      ...{ isCa: false, hasStacks: true, domains: [], loggingRegions: ["eu-west-2"] },
    },
  ]);
});

test("a zone in an account of its own, which keeps a state too", () => {
  const [, , zone] = foundationAccounts(changed(put("apis.0.zone.account", "333333333333")));
  expect(zone).toEqual({
    ...{ account: "333333333333", region: "eu-west-2", stack: "foundation-test-333333333333" },
    buckets: [{ name: "mtls-api-test-state-333333333333", region: "eu-west-2" }],
    ...{ isCa: false, hasStacks: false, loggingRegions: [] },
    domains: [{ domain: "api.test.example.com", apiAccount: "222222222222" }],
  });
});

test("a zone's account is worked on from the region of the API that it serves", () => {
  const [, , zone] = foundationAccounts(
    changed((input) => {
      input.ca.region = "eu-west-1";
      put("apis.0.zone.account", "333333333333")(input);
    }),
  );
  expect(zone).toMatchObject({ region: "eu-west-2", buckets: [{ region: "eu-west-2" }] });
});

test("the zone of one API in the account of the CA: no account twice", () => {
  const accounts = foundationAccounts(changed(put("apis.0.zone.account", "111111111111")));
  expect(accounts.map(({ account, domains }) => [account, domains.length])).toEqual([
    ["111111111111", 1],
    ["222222222222", 0],
  ]);
});

test("two regions of one account log both; one that logs already is left alone", () => {
  const accounts = foundationAccounts(
    changed((input) => {
      const second = structuredClone(input.apis[0]);
      const third = structuredClone(input.apis[0]);
      Object.assign(second, { name: "second", domain: "second.test.example.com", region: "eu-west-1" });
      Object.assign(third, { name: "third", domain: "third.test.example.com", region: "eu-north-1" });
      third.logs.gatewayRole = "existing";
      input.apis.push(second, third);
    }),
  );
  expect(accounts[1]?.loggingRegions).toEqual(["eu-west-2", "eu-west-1"]);
});

test("whoever deploys works by each account's own role, and by another for the records of a zone", () => {
  const roles = (zone: string) =>
    foundationAccounts(changed(put("apis.0.zone.account", zone))).flatMap((at) =>
      workingRoles("test", at, "deploy"),
    );
  const role = (account: string, name: string) => `arn:aws:iam::${account}:role/mtls-api-test-${name}`;
  const own = [role("111111111111", "deploy"), role("222222222222", "deploy")];
  expect(roles("333333333333")).toEqual([...own, role("333333333333", "zone-deploy")]);
  expect(roles("111111111111")).toEqual([own[0], role("111111111111", "zone-deploy"), own[1]]);
});
