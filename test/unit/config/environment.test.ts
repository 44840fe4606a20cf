/** The schema of an environment: what it refuses, what it says, and that it says everything at once. */
import { ConfigError } from "#config/config-error.ts";
import { environment, environments } from "#config/environment.ts";
import {
  changed,
  eachIsTheOnlyMistake,
  type Loose,
  type Mistake,
  problemsOf,
  put,
  sample,
} from "./sample.ts";

test("a right environment is accepted and its defaults are filled in", () => {
  const one = changed((input) => {
    delete input.ca.crl.maxAgeMinutes;
    delete input.tags;
  });
  expect(one.tags).toEqual({});
  expect(one.ca.crl.maxAgeMinutes).toBe(30);
  expect(one.ca.engine).toEqual({
    kind: "kms",
    generations: [
      {
        id: "g1",
        status: "active",
        rootKeySpec: "ECC_NIST_P384",
        issuingKeySpec: "ECC_NIST_P256",
        retireWithValidCertificates: false,
      },
    ],
  });
  expect(one.apis[0]).toMatchObject({
    authorizer: { refreshSeconds: 5, maxOutageSeconds: 60 },
    throttle: { ratePerSecond: 100, burst: 200 },
  });
});

test("five mistakes report five, of fields and of relations, each with path, what is allowed, what was got", () => {
  const problems = problemsOf((input) => {
    input.ca.account = "1111";
    input.ca.crl.publishEveryMinutes = "ten";
    input.ca.engine.generations = [];
    input.apis[0].domain = "api.elsewhere.org";
    input.apis[0].logs.retention = 30;
  });
  expect(problems).toEqual([
    `ca.account: an AWS account id: 12 digits, as a string; got "1111"`,
    `ca.engine.generations: at least one; got []`,
    `ca.crl.publishEveryMinutes: Invalid input: expected number, received string; got "ten"`,
    `apis.0.logs: unknown key: remove it or correct its spelling; got "retention"`,
    `apis.0.domain: inside the zone test.example.com (a CNAME cannot stand at its apex); got "api.elsewhere.org"`,
  ]);
});

test("the message counts and lists the mistakes of the environment by name", () => {
  expect(() =>
    changed((input) => {
      input.ca.region = "london";
      input.apis[0].stage = "";
    }),
  ).toThrow(/^environment "test": 2 mistakes\n {2}- ca\.region: .*\n {2}- apis\.0\.stage: .*$/);
});

describe("a wrong field is refused", () => {
  const rows: Mistake[] = [
    [
      "no name",
      (input) => delete input.name,
      "name: Invalid input: expected string, received undefined; got nothing",
    ],
    ["a name with upper case", put("name", "Test"), "name: lower-case letters and digits"],
    ["a name with two hyphens", put("name", "xn--test"), "name: lower-case letters and digits"],
    ["a name that ends with a hyphen", put("name", "test-"), "name: lower-case"],
    ["a name of 33 characters", put("name", "a".repeat(33)), "name: at most 32 characters"],
    [
      "an unknown tier",
      put("tier", "prod"),
      'tier: Invalid option: expected one of "sandbox"|"staging"|"production"; got "prod"',
    ],
    [
      "a wildcard account",
      put("ca.account", "*"),
      'ca.account: an AWS account id: 12 digits, as a string; got "*"',
    ],
    [
      "an account as a number",
      put("ca.account", 111111111111),
      "ca.account: Invalid input: expected string, received number; got 111111111111",
    ],
    ["an account in other digits", put("ca.account", "١١١١١١١١١١١١"), "ca.account: an AWS account id"],
    [
      "a region of another partition",
      put("ca.region", "cn-north-1"),
      "ca.region: an AWS region such as eu-west-2, of the partition aws",
    ],
    [
      "a bucket with dots",
      put("ca.state.bucket", "a.b.c"),
      "ca.state.bucket: an S3 bucket name without dots",
    ],
    ["an organisation without letters", put("ca.organization", ""), 'ca.organization: not empty; got ""'],
    [
      "an engine that is not there",
      put("ca.engine.kind", "vault"),
      'ca.engine.kind: one of "kms", "tls", "existing"; got {"kind":"vault"',
    ],
    [
      "a generation by another name",
      put("ca.engine.generations.0.id", "first"),
      "ca.engine.generations.0.id: g and a number: g1, g2 …",
    ],
    [
      "a symmetric key",
      put("ca.engine.generations.0.rootKeySpec", "SYMMETRIC_DEFAULT"),
      "ca.engine.generations.0.rootKeySpec: Invalid option",
    ],
    [
      "an attribute type that nobody knows",
      put("ca.profiles.client.subject.allowed", ["XX"]),
      "ca.profiles.client.subject.allowed.0: Invalid option",
    ],
    ["a validity of years", put("ca.profiles.client.maxDays", 826), "ca.profiles.client.maxDays: Too big"],
    [
      "no key type",
      put("ca.profiles.client.keyTypes", []),
      "ca.profiles.client.keyTypes: at least one; got []",
    ],
    [
      "half a minute",
      put("ca.crl.publishEveryMinutes", 0.5),
      "ca.crl.publishEveryMinutes: Invalid input: expected int",
    ],
    [
      "a domain in upper case",
      put("apis.0.domain", "API.test.example.com"),
      "apis.0.domain: a lower-case domain name",
    ],
    [
      "a wildcard domain",
      put("apis.0.domain", "*.test.example.com"),
      "apis.0.domain: a lower-case domain name",
    ],
    [
      "no rule",
      put("apis.0.authorizer.rules", []),
      "apis.0.authorizer.rules: at least one rule: without a rule nobody has access",
    ],
    [
      "an empty list of values",
      put("apis.0.authorizer.rules.0.subject.OU", { oneOf: [] }),
      "apis.0.authorizer.rules.0.subject.OU.oneOf: at least one; got []",
    ],
    [
      "retention that CloudWatch does not know",
      put("apis.0.logs.retentionDays", 31),
      "apis.0.logs.retentionDays: Invalid",
    ],
    [
      "a throttle of nothing",
      put("apis.0.throttle", { ratePerSecond: 0, burst: 1 }),
      "apis.0.throttle.ratePerSecond: Too small",
    ],
    [
      "an unknown key",
      put("apis.0.authorizer.cacheSeconds", 300),
      'apis.0.authorizer: unknown key: remove it or correct its spelling; got "cacheSeconds"',
    ],
    [
      "an operator by wildcard",
      put("operators", ["arn:aws:iam::333333333333:role/*"]),
      "operators.0: the ARN of a role",
    ],
    ["no operator", put("operators", []), "operators: at least one: nobody else can deploy; got []"],
    ["a tag that AWS reserves", put("tags", { "aws:x": "y" }), "tags.aws:x: key: letters, digits"],
    [
      "a tag with a character that AWS refuses",
      (input) => {
        input.tags = { x: "a;b" };
      },
      'tags.x: letters, digits, spaces and _ . : / = + - @, at most 256 of them; got "a;b"',
    ],
    [
      "an e-mail address that is none",
      put("ca.notifications", { emails: ["operators"] }),
      "ca.notifications.emails.0: ",
    ],
    ...[
      "example",
      "example/*",
      "*/mtls-api",
      "example/mtls-api:environment:dev",
      "example/..",
      "a/b/c",
      "example/x y",
      "",
    ].map(
      (repository): Mistake => [
        `a pipeline of ${repository || "nobody"}`,
        put("delivery", { github: { repository } }),
        "delivery.github.repository: a GitHub repository, OWNER/NAME, without wildcards",
      ],
    ),
  ];
  eachIsTheOnlyMistake(rows);
});

test("a rule of a kind that is not there is refused by the nearest kind", () => {
  expect(problemsOf(put("apis.0.authorizer.rules.0.subject.OU", { matches: ".*" }))).toEqual([
    "apis.0.authorizer.rules.0.subject.OU.equals: Invalid input: expected string, received undefined; got nothing",
    'apis.0.authorizer.rules.0.subject.OU: unknown key: remove it or correct its spelling; got "matches"',
  ]);
});

test("a pattern does not stop at a line break", () => {
  expect(problemsOf(put("ca.account", "111111111111\n"))).toContain(
    'ca.account: an AWS account id: 12 digits, as a string; got "111111111111\\n"',
  );
});

describe("a backend's URL", () => {
  test.each(["https://pets.example.com", "https://pets.example.com:8443"])("%s is accepted", (url) => {
    expect(changed(put("apis.0.backend", { url })).apis[0]?.backend).toEqual({
      url,
      readers: [],
      keys: [{ id: "k1", status: "active" }],
    });
  });
  test.each([
    "http://pets.example.com",
    "https://pets.example.com/",
    "https://pets.example.com/v1",
    "https://user:secret@pets.example.com",
    "https://pets.example.com?x=1",
    "https://127.0.0.1",
    "https://[::1]",
    "https://localhost",
    "https://PETS.example.com",
    "https://pets.example.com:0",
    "//pets.example.com",
  ])("%s is refused", (url) => {
    expect(() => changed(put("apis.0.backend", { url }))).toThrow(
      /apis\.0\.backend\.url: https:\/\/ and a domain name/,
    );
  });
});

describe("a hostile value is refused whatever its field, and printed harmlessly", () => {
  const text: [string, string, string][] = [
    ["a line break", "Example\nLtd", String.raw`"Example\nLtd"`],
    ["a carriage return", "Example\rLtd", String.raw`"Example\rLtd"`],
    ["a NUL", "Example\0", String.raw`"Example\u0000"`],
    ["a zero-width space", "Exam\u200bple", String.raw`"Exam\u{200b}ple"`],
    ["a change of direction", "Example\u202e dtL", String.raw`"Example\u{202e} dtL"`],
    ["a line separator", "Example\u2028", String.raw`"Example\u{2028}"`],
    ["half a character", "Example\ud800", String.raw`"Example\ud800"`],
    ["an escape sequence of a terminal", "\u001b[2JExample", String.raw`"\u001b[2JExample"`],
  ];
  test.each(text)("%s", (_what, value, printed) => {
    expect(problemsOf(put("ca.organization", value))).toEqual([
      `ca.organization: only characters that a reviewer can see; got ${printed}`,
    ]);
  });

  test.each([`\${file("/etc/passwd")}`, "%{ if true }x%{ endif }", "a$" + "{b"])(
    "Terraform's template %s",
    (value) => {
      expect(problemsOf(put("ca.organization", value))).toEqual([
        `ca.organization: no "\${" and no "%{": Terraform would evaluate it; got ${JSON.stringify(value)}`,
      ]);
    },
  );

  test.each(["__proto__", "constructor", "prototype"])("the key %s", (key) => {
    for (const place of ["tags", "profiles"] as const) {
      const input = sample();
      Object.defineProperty(place === "tags" ? input.tags : input.ca.profiles, key, {
        value: place === "tags" ? "x" : input.ca.profiles.client,
        enumerable: true,
      });
      expect(() => environment(input)).toThrow(
        `a key that JavaScript gives a meaning of its own is refused; got "${key}"`,
      );
    }
  });

  test("a name that only looks like another's", () => {
    expect(problemsOf(put("name", "tеst"))[0]).toContain("name: lower-case letters");
  });

  test("an object of a class, a function, a value inside itself", () => {
    expect(problemsOf(put("tags", new Map()))[0]).toContain("tags: plain data");
    expect(problemsOf(put("ca.organization", () => "x"))[0]).toContain("ca.organization: ");
    expect(problemsOf((input) => put("ca.state.self", input.ca)(input))[0]).toContain(
      "ca.state.self: a value must not contain itself",
    );
  });

  test.each([null, undefined, "dev", 7, []])("%p is no environment", (input) => {
    expect(() => environment(input as never)).toThrow(ConfigError);
  });

  test("a value of a megabyte is cut in the message", () => {
    const [problem] = problemsOf(put("ca.organization", "x".repeat(1_000_000)));
    expect(problem?.length).toBeLessThan(400);
  });
});

describe("all environments together", () => {
  const named = (
    name: string,
    domain = `api.${name}.example.com`,
    change: (input: Loose) => void = () => {},
  ) =>
    changed((input) => {
      input.name = name;
      input.apis[0].domain = domain;
      input.apis[0].zone.name = domain.replace(/^[^.]+\./, "");
      change(input);
    });
  const loggingIsThere = put("apis.0.logs.gatewayRole", "existing");

  test("two of one name are refused", () => {
    expect(() => environments([named("dev"), named("dev", "b.example.com")])).toThrow(
      'two environments are called "dev"; names must differ',
    );
  });

  test("a name that begins with another's and a hyphen is refused: 'cdktf deploy dev-*' must mean one", () => {
    expect(() => environments([named("dev"), named("dev-two")])).toThrow(
      `environment "dev-two" begins with "dev-": 'cdktf deploy dev-*' would deploy both; rename one`,
    );
    expect(environments([named("dev"), named("dev2", undefined, loggingIsThere)])).toHaveLength(2);
  });

  test("what an account has once is made by one environment alone", () => {
    const pipeline = (provider?: string) =>
      put("delivery", { github: { repository: "example/mtls-api", ...(provider ? { provider } : {}) } });
    const with_ =
      (...changes: ((input: Loose) => void)[]) =>
      (input: Loose) => {
        for (const change of changes) change(input);
      };
    expect(() =>
      environments([named("dev", undefined, pipeline()), named("qa", undefined, pipeline())]),
    ).toThrow(
      /"dev" and "qa" both make GitHub's OIDC provider of account 111111111111: one of them must say delivery\.github\.provider: "existing"[\s\S]*logging role of account 222222222222, eu-west-2: one of them must say logs\.gatewayRole: "existing"/,
    );
    expect(
      environments([
        named("dev", undefined, pipeline()),
        named("qa", undefined, with_(pipeline("existing"), loggingIsThere)),
      ]),
    ).toHaveLength(2);
  });

  test("one domain in two environments is refused", () => {
    expect(() => environments([named("a1", "x.example.com"), named("b1", "x.example.com")])).toThrow(
      'environments "a1" and "b1" both have the domain x.example.com; domains must differ',
    );
  });
});
