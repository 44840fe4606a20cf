/** Loosenings that hide, and changes that are none: the review must see the first and be silent about the second. */
import fc from "fast-check";
import { review } from "#cli/review/review.ts";
import type { TrustChange } from "#cli/review/trust-change.ts";
import { inDocument, type Json, reviewOf, samples, stack } from "./sample.ts";

const alarms = (trust: readonly TrustChange[]) =>
  trust.filter(({ mark }) => mark === "loosens" || mark === "unjudged");

const only = (blocks: Json): Json => Object.values(blocks)[0];
const documents = (json: Json): Json => json.data.aws_iam_policy_document;
const bucketPolicy = (json: Json): Json[] => documents(json).external_policy.statement;
const named = (json: Json, sid: string): Json => bucketPolicy(json).find((one) => one.sid === sid);
const everybody = [{ type: "*", identifiers: ["*"] }];

const hidden: readonly (readonly [what: string, make: (json: Json) => void, text: RegExp])[] = [
  [
    "a Deny is removed",
    (json) => {
      bucketPolicy(json).pop();
    },
    /no longer denied/,
  ],
  [
    "a Deny becomes an Allow",
    (json) => {
      named(json, "OnlyReconcileWrites").effect = "Allow";
    },
    /everybody.* may `s3:PutObject`/,
  ],
  [
    "a Deny gets a condition",
    (json) => {
      named(json, "TlsOnly").condition.push({ test: "StringEquals", variable: "aws:x", values: ["y"] });
    },
    /no longer denied/,
  ],
  [
    "a Deny is about less",
    (json) => {
      named(json, "TlsOnly").resources.pop();
    },
    /no longer denied/,
  ],
  [
    "a Deny is about fewer actions",
    (json) => {
      named(json, "TlsOnly").actions = ["s3:Get*"];
    },
    /no longer denied/,
  ],
  [
    "a Deny is about fewer principals",
    (json) => {
      named(json, "TlsOnly").principals = [{ type: "AWS", identifiers: ["arn:aws:iam::444455556666:root"] }];
    },
    /no longer denied/,
  ],
  [
    "a condition is dropped",
    (json) => {
      delete named(json, "ApisRead").condition;
    },
    /ApisRead/,
  ],
  [
    "a condition compares patterns",
    (json) => {
      named(json, "ApisRead").condition[0].values[0] = "arn:aws:iam::444455556666:role/*";
    },
    /role\/\*/,
  ],
  [
    "a condition holds where the key is missing",
    (json) => {
      named(json, "ApisRead").condition[0].test = "ArnEqualsIfExists";
    },
    /ArnEqualsIfExists/,
  ],
  [
    "a condition turns round",
    (json) => {
      named(json, "ApisRead").condition[0].test = "ArnNotEquals";
    },
    /ArnNotEquals/,
  ],
  [
    "a condition asks another key",
    (json) => {
      named(json, "ApisRead").condition[0].variable = "aws:SourceArn";
    },
    /aws:SourceArn/,
  ],
  [
    "everybody, as AWS writes it",
    (json) => {
      named(json, "ApisRead").principals = [{ type: "AWS", identifiers: ["*"] }];
    },
    /everybody/,
  ],
  [
    "everybody but one",
    (json) => {
      const one = named(json, "ApisRead");
      one.not_principals = one.principals;
      delete one.principals;
    },
    /NotPrincipal/,
  ],
  [
    "every action but one",
    (json) => {
      const one = named(json, "ApisRead");
      one.not_actions = ["s3:DeleteBucket"];
      delete one.actions;
    },
    /NotAction/,
  ],
  [
    "every resource but one",
    (json) => {
      const one = named(json, "ApisRead");
      one.not_resources = ["arn:aws:s3:::x"];
      delete one.resources;
    },
    /NotResource/,
  ],
  [
    "a statement that is made elsewhere",
    (json) => {
      documents(json).external_policy.source_policy_documents = ["x"];
    },
    /cannot read.*source_policy_documents/,
  ],
  [
    "statements that Terraform makes",
    (json) => {
      documents(json).external_policy.dynamic = { statement: {} };
    },
    /cannot read.*dynamic/,
  ],
  [
    "a statement with an unknown key",
    (json) => {
      named(json, "ApisRead").also = ["*"];
    },
    /cannot read.*also/,
  ],
  [
    "another document of the same stack",
    (json) => {
      only(json.resource.aws_s3_bucket_policy).policy = `\${data.aws_iam_policy_document.reader_trust.json}`;
    },
    /no longer denied/,
  ],
  [
    "a policy as text",
    (json) => {
      only(json.resource.aws_s3_bucket_policy).policy =
        '{"Statement":{"Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"*"}}';
    },
    /everybody, without a condition/,
  ],
  [
    "a policy as text with an expression in it",
    (json) => {
      only(json.resource.aws_s3_bucket_policy).policy =
        `{"Statement":[{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"s3:GetObject","Resource":"\${aws_s3_bucket.external_bucket_AAAA1111.arn}/*"}]}`;
    },
    /everybody, without a condition/,
  ],
  [
    "a policy that Terraform computes",
    (json) => {
      only(json.resource.aws_s3_bucket_policy).policy = `\${jsonencode({Statement = []})}`;
    },
    /cannot read/,
  ],
  [
    "a policy in a resource that nobody knows",
    (json) => {
      json.resource.aws_thing_store = {
        x: {
          rules: [
            { text: '{"Statement":[{"Effect":"Allow","Principal":"*","Action":"thing:*","Resource":"*"}]}' },
          ],
        },
      };
    },
    /everybody, without a condition/,
  ],
];

describe("hidden in the CA's stack", () => {
  test.each(hidden)("%s", (_what, make, text) => {
    const { trust } = reviewOf("dev-ca", make);
    expect(alarms(trust).map((one) => one.text)).toContainEqual(expect.stringMatching(text));
  });

  test("one resource more in a list of a thousand statements, in another order", () => {
    const many = (json: Json, widened: boolean) => {
      const statements = Array.from({ length: 1000 }, (_, index) => ({
        sid: `Reader${index}`,
        actions: ["s3:GetObject", "s3:GetObjectVersion"],
        principals: [{ type: "AWS", identifiers: [`arn:aws:iam::444455556666:role/reader-${index}`] }],
        resources: [`arn:aws:s3:::dev-ca-external/clients/${index}/*`],
      }));
      if (widened) {
        statements[617]?.resources.push("arn:aws:s3:::dev-ca-external/clients/*");
        statements.reverse();
      }
      bucketPolicy(json).push(...statements);
    };
    const [before, after] = [samples["dev-ca"](), samples["dev-ca"]()];
    many(before, false);
    many(after, true);
    const { trust } = review([stack("dev-ca", before)], [stack("dev-ca", after)]);
    expect(trust).toHaveLength(1);
    expect(trust[0]).toMatchObject({
      mark: "loosens",
      text: expect.stringMatching(/reader-617.*clients\/\*/),
    });
  });
});

describe("hidden in the API's stack", () => {
  const policy = (json: Json) => only(json.resource.aws_s3_object);

  test("a second rule under the name of the first", () => {
    const { trust } = reviewOf("dev-api", (json) =>
      inDocument(policy(json), "content", ({ rules }) => {
        rules.push({ name: "partners", routes: "all", subject: { CN: { pattern: ".*" } } });
      }),
    );
    expect(alarms(trust).map(({ text }) => text)).toContainEqual(expect.stringContaining(".*"));
  });

  test("a looser rule in an object that was given another logical id", () => {
    const { trust } = reviewOf("dev-api", (json) => {
      inDocument(policy(json), "content", ({ rules }) => {
        rules[0].routes = "all";
      });
      json.resource.aws_s3_object = { another_BBBB2222: policy(json) };
    });
    expect(alarms(trust).map(({ text }) => text)).toContainEqual(
      expect.stringMatching(/routes of a rule.*`all`/),
    );
  });

  test("a rule in a document that is no JSON any more", () => {
    const { trust } = reviewOf("dev-api", (json) => {
      policy(json).content = `\${file("policy.json")}`;
    });
    expect(alarms(trust)).not.toEqual([]);
  });

  test("conditions that go, one by one or all together", () => {
    for (const gone of [["thumbprints"], ["subject"], ["thumbprints", "subject"]])
      expect(
        alarms(
          reviewOf("dev-api", (json) =>
            inDocument(policy(json), "content", ({ rules }) => {
              for (const key of gone) delete rules[1][key];
            }),
          ).trust,
        ),
      ).toHaveLength(gone.length);
  });

  test("a second policy object beside the first", () => {
    const { trust } = reviewOf("dev-api", (json) => {
      json.resource.aws_s3_object.second = { ...policy(json), key: "other.json", "//": {} };
    });
    expect(alarms(trust).map(({ text }) => text)).toContainEqual(
      expect.stringMatching(/object `second`: rule that admits clients.*staff/),
    );
  });
});

describe("no change", () => {
  const same: readonly (readonly [what: string, make: (json: Json) => void])[] = [
    [
      "statements in another order",
      (json) => {
        bucketPolicy(json).reverse();
      },
    ],
    [
      "values in another order",
      (json) => {
        for (const key of ["actions", "resources"]) named(json, "ApisRead")[key].reverse();
      },
    ],
    [
      "actions in another case",
      (json) => {
        named(json, "ApisRead").actions = ["s3:getobject", "S3:GetObjectVersion"];
      },
    ],
    [
      "one statement cut in two",
      (json) => {
        const one = named(json, "ApisRead");
        bucketPolicy(json).push({ ...structuredClone(one), sid: "More", resources: [one.resources.pop()] });
      },
    ],
    [
      "another name of a statement",
      (json) => {
        named(json, "ApisRead").sid = "Readers";
      },
    ],
    [
      "an action that was covered",
      (json) => {
        named(json, "TlsOnly").actions.push("s3:GetObject");
      },
    ],
  ];
  test.each(same)("%s", (_what, make) => {
    expect(reviewOf("dev-ca", make).trust).toEqual([]);
  });
});

test("what protects a bucket may go with the bucket, and the loss of the bucket is said", () => {
  const { trust, stacks } = reviewOf("dev-ca", (json) => {
    for (const type of Object.keys(json.resource))
      if (type.startsWith("aws_s3_bucket")) delete json.resource[type];
  });
  expect(alarms(trust)).toEqual([]);
  const lost = stacks[0]?.resources.find(({ type }) => type === "aws_s3_bucket");
  expect(lost).toMatchObject({ action: "destroy", risk: expect.stringContaining("lost: its objects") });
});

test("in a new stack only what is an alarm by itself loosens", () => {
  const fresh = (make: (json: Json) => void) => {
    const json = samples["dev-ca"]();
    make(json);
    return alarms(review([], [stack("dev-ca", json)]).trust);
  };
  expect(fresh(() => {})).toEqual([]);
  expect(
    fresh((json) => {
      bucketPolicy(json).push({ principals: everybody, actions: ["s3:GetObject"], resources: ["*"] });
    }),
  ).toHaveLength(1);
  expect(
    fresh((json) => {
      only(json.resource.aws_s3_bucket_public_access_block).block_public_acls = false;
    }),
  ).toHaveLength(1);
});

/** Whether a policy lets a request: AWS's evaluation, for the few operators that are generated. */
function allows(statements: readonly Json[], { principal, action, resource, key }: Json): boolean {
  const glob = (pattern: string, value: string) =>
    new RegExp(
      `^${pattern
        .replace(/[.+^${}()|[\]\\]/g, "\\$&")
        .replaceAll("*", ".*")
        .replaceAll("?", ".")}$`,
      "s",
    ).test(value);
  const among = (yes: string[] | undefined, no: string[] | undefined, value: string) =>
    yes ? yes.some((one) => glob(one, value)) : !(no ?? []).some((one) => glob(one, value));
  const ids = (list: Json[] | undefined) => list?.flatMap((one) => one.identifiers);
  const applies = (one: Json) =>
    among(ids(one.principals), ids(one.not_principals), principal) &&
    among(one.actions, one.not_actions, action) &&
    among(one.resources, one.not_resources, resource) &&
    (one.condition ?? []).every(({ test, values }: Json) => {
      if (test === "StringEquals") return values.includes(key);
      if (test === "StringNotEquals") return !values.includes(key);
      return values.some((value: string) => glob(value, key));
    });
  const by = (effect: string) => statements.some((one) => (one.effect ?? "Allow") === effect && applies(one));
  return by("Allow") && !by("Deny");
}

test("whatever a new version of a policy lets and the old one did not is told (property)", () => {
  const values = (...all: string[]) =>
    fc.uniqueArray(fc.constantFrom(...all), { minLength: 1, maxLength: 2 });
  const either = (yes: string, no: string, list: fc.Arbitrary<Json>) =>
    fc.tuple(fc.constantFrom(yes, yes, no), list).map(([name, value]) => ({ [name]: value }));
  const principals = values("a", "b").map((identifiers) => [{ type: "AWS", identifiers }]);
  const statement = fc
    .tuple(
      fc.record({ effect: fc.constantFrom("Allow", "Allow", "Deny") }),
      fc.oneof(either("principals", "not_principals", principals), fc.constant({ principals: everybody })),
      either("actions", "not_actions", values("s3:*", "s3:Get*", "s3:GetObject", "s3:Put?bject", "*")),
      either("resources", "not_resources", values("x/*", "x/1", "*", "y", "x/?")),
      fc.option(
        fc.record({
          test: fc.constantFrom("StringEquals", "StringNotEquals", "StringLike"),
          variable: fc.constant("k"),
          values: values("p", "q", "p*"),
        }),
        { nil: undefined },
      ),
    )
    .map(([effect, who, what, where, condition]) => ({
      ...effect,
      ...who,
      ...what,
      ...where,
      ...(condition ? { condition: [condition] } : {}),
    }));
  const policy = fc.array(statement, { minLength: 1, maxLength: 3 });
  const requests = ["a", "b", "c"].flatMap((principal) =>
    ["s3:GetObject", "s3:PutObject", "kms:Sign"].flatMap((action) =>
      ["x/1", "x/22", "y"].flatMap((resource) =>
        ["p", "q", "pp"].map((key) => ({ principal, action, resource, key })),
      ),
    ),
  );
  const withPolicy = (statement: Json) =>
    stack("dev-ca", {
      data: { aws_iam_policy_document: { document: { statement } } },
      resource: {
        aws_s3_bucket_policy: { policy: { policy: `\${data.aws_iam_policy_document.document.json}` } },
      },
    });
  let widened = 0;
  fc.assert(
    fc.property(policy, policy, (before, after) => {
      const more = requests.some((one) => allows(after, one) && !allows(before, one));
      const { trust } = review([withPolicy(before)], [withPolicy(after)]);
      if (!more) return true;
      widened++;
      return alarms(trust).length > 0;
    }),
    { seed: 8, numRuns: 800 },
  );
  expect(widened).toBeGreaterThan(100);
});
