/** Operators, names, accounts and domains that do not go together. */
import { eachIsTheOnlyMistake, type Loose, type Mistake, problemsOf, put } from "../sample.ts";

describe("a wrong relation of names is refused", () => {
  const rows: Mistake[] = [
    ["an API called ca", put("apis.0.name", "ca"), 'apis.0.name: not "ca" or "ca-…"'],
    ["an API called like a CA function", put("apis.0.name", "ca-issue"), 'apis.0.name: not "ca" or "ca-…"'],
    [
      "an API whose alarms would bear another's names",
      (input) => {
        const domain = "latency.test.example.com";
        input.apis.push({ ...input.apis[0], name: "api-latency", domain });
      },
      'apis.1.name: not "api-…": it would share names with the API "api"; got "api-latency"',
    ],
    [
      "names that make no bucket name",
      (input) => {
        input.name = "a".repeat(20);
        input.apis[0].name = "b".repeat(22);
      },
      `apis.0.name: with the environment's name`,
    ],
    [
      "a domain outside its zone",
      put("apis.0.domain", "apitest.example.com"),
      "apis.0.domain: inside the zone test.example.com",
    ],
    [
      "a domain that is its zone",
      put("apis.0.domain", "test.example.com"),
      "apis.0.domain: inside the zone test.example.com",
    ],
    [
      "one account for CA and API in production",
      (input) => {
        input.tier = "production";
        input.ca.crl.lifetimeHours = 48;
        input.apis[0].account = "111111111111";
      },
      "apis.0.account: another account than the CA's outside a sandbox",
    ],
    [
      "the root user as operator in production",
      (input) => {
        input.tier = "production";
        input.ca.crl.lifetimeHours = 48;
        input.operators = ["arn:aws:iam::333333333333:root"];
      },
      "operators.0: a role or user outside a sandbox",
    ],
    ...["mtls", "mtls-api", "mtls-api-x", "foundation"].map(
      (name): Mistake => [
        `an environment called ${name}`,
        put("name", name),
        'name: not "mtls", "mtls-api…" or "foundation"',
      ],
    ),
    [
      "a state bucket that the deploy role may change",
      put("ca.state.bucket", "test-state-111111111111"),
      'ca.state.bucket: not "test-…": the deploy role may change the buckets of that name',
    ],
    [
      "an API's state bucket that the deploy role may change",
      put("apis.0.state.bucket", "test-state-222222222222"),
      'apis.0.state.bucket: not "test-…"',
    ],
    [
      "the zone's account where it is the API's",
      put("apis.0.zone.account", "222222222222"),
      "apis.0.zone.account: left out: it is the API's own",
    ],
  ];
  eachIsTheOnlyMistake(rows);

  test("two APIs whose names only look alike are accepted", () => {
    const second = (input: Loose) =>
      input.apis.push({ ...input.apis[0], name: "api2", domain: "api2.test.example.com" });
    expect(problemsOf(second)).toEqual([]);
  });

  test("two APIs of one name and one domain are two mistakes", () => {
    expect(
      problemsOf((input) => {
        input.apis.push(input.apis[0]);
      }),
    ).toEqual([
      'apis.1.name: API names must differ; got "api"',
      'apis.1.domain: domains must differ; got "api.test.example.com"',
    ]);
  });
});
