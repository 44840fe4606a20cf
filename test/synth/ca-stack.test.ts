/** What the CA stack promises, attribute by attribute, for every committed environment. */
import { createHash } from "node:crypto";
import { type Environment, environment, isOn } from "#config/environment.ts";
import { local } from "#config/environments/local/index.ts";
import { environments } from "#config/environments.ts";
import { roleNames } from "#contract/names.ts";
import {
  at,
  committedStack,
  dataSources,
  type Json,
  referenced,
  resources,
  statements,
  synthesize,
} from "./synthesized.ts";

const rows = environments
  .filter((one) => isOn(one, "kms"))
  .map((one) => ({
    name: `${one.name}-ca`,
    one,
    stack: committedStack(`${one.name}-ca`).json,
  }));

/** The role that watches the first API's domain. */
const watchOf = ({ name, apis }: Environment): string => roleNames.watch(name, apis[0]?.name ?? "");

describe.each(rows)("$name", ({ one, stack }) => {
  const policy = (path: string) => statements(at(stack, "aws_iam_policy_document", path));
  const statement = (path: string, sid: string) => policy(path).find((each) => each.sid === sid);

  test("keys sign and verify, of the configured kind, one pair a generation", () => {
    for (const generation of one.ca.engine.generations) {
      const common = { key_usage: "SIGN_VERIFY" };
      expect(at(stack, "aws_kms_key", `${generation.id}/root`)).toMatchObject({
        ...common,
        customer_master_key_spec: generation.rootKeySpec,
      });
      expect(at(stack, "aws_kms_key", `${generation.id}/issuing`)).toMatchObject({
        ...common,
        customer_master_key_spec: generation.issuingKeySpec,
      });
    }
    const signing = resources(stack, "aws_kms_key").filter(
      ({ attributes }) => attributes.key_usage === "SIGN_VERIFY",
    );
    expect(signing).toHaveLength(2 * one.ca.engine.generations.length);
  });

  test("the administration of a key holds neither Sign nor CreateGrant", () => {
    const { actions } = statement("g1/root-policy", "Administration") ?? { actions: ["?"] };
    expect(actions).not.toContain("kms:Sign");
    expect(actions).not.toContain("kms:CreateGrant");
    expect(actions.filter((action) => action.includes("*"))).toEqual([]);
  });

  test("other accounts read truststore and CRLs, nothing else, by named roles (I11)", () => {
    const bucket = `\${${resources(stack, "aws_s3_bucket")[0]?.address}.arn}`;
    const foreign = policy("external/policy-document").filter(
      ({ effect, principals }) => effect === "Allow" && principals.some(({ type }) => type === "AWS"),
    );
    expect(foreign).toEqual([
      expect.objectContaining({
        sid: "ApisRead",
        actions: ["s3:GetObject", "s3:GetObjectVersion"],
        resources: [`${bucket}/truststore.pem`, `${bucket}/crl/*`],
        principals: [{ type: "AWS", identifiers: [`arn:aws:iam::${one.apis[0]?.account}:root`] }],
      }),
    ]);
    expect(foreign[0]?.condition).toEqual([
      {
        test: "ArnEquals",
        variable: "aws:PrincipalArn",
        values: [
          `arn:aws:iam::${one.apis[0]?.account}:role/mtls-api-${one.name}-deploy`,
          `arn:aws:iam::${one.apis[0]?.account}:role/mtls-api-${one.name}-plan`,
          `arn:aws:iam::${one.apis[0]?.account}:role/${one.name}-api-authorizer`,
          ...(one.apis[0]?.privateEdge
            ? ["edge", "private-authorizer"].map(
                (role) => `arn:aws:iam::${one.apis[0]?.account}:role/${one.name}-api-${role}`,
              )
            : []),
          ...(one.apis[0]?.alarms ? [`arn:aws:iam::${one.apis[0].account}:role/${watchOf(one)}`] : []),
        ],
      },
    ]);
  });

  test("every published object has exactly one writer", () => {
    const writers = policy("external/policy-document")
      .filter(({ effect, actions }) => effect === "Deny" && actions.includes("s3:PutObject"))
      .flatMap(({ resources: objects, condition }) =>
        objects.map((object) => [object.replace(/^.*?\.arn\}\//, ""), condition[0]?.values.join()]),
      );
    const role = (slug: string) => `arn:aws:iam::${one.ca.account}:role/${one.name}-${slug}`;
    expect(Object.fromEntries(writers)).toEqual({
      "truststore.pem": role("ca-reconcile"),
      "crl/*-root.crl": role("ca-reconcile"),
      "certs/*-root.crt": role("ca-reconcile"),
      "certs/*-issuing.crt": role("ca-reconcile"),
      "certs/*-root.cer": role("ca-reconcile"),
      "certs/*-issuing.cer": role("ca-reconcile"),
      "desired-state.json": `arn:aws:iam::${one.ca.account}:role/mtls-api-${one.name}-deploy`,
      "crl/*-issuing.crl": role("ca-publish"),
      "certs/*/*.pem": role("ca-issue"),
    });
  });

  test("the state reader reads one object, for the API account's roles, the operators and the pipeline", () => {
    expect(policy("state-reader/permissions")).toMatchObject([
      {
        actions: ["s3:GetObject"],
        resources: [`arn:aws:s3:::${one.ca.state.bucket}/${one.name}-ca.tfstate`],
      },
    ]);
    expect(policy("state-reader/trust")[0]?.condition[0]?.values).toEqual([
      ...one.operators,
      ...["deploy", "plan"].flatMap((access) =>
        one.delivery ? [`arn:aws:iam::${one.ca.account}:role/mtls-api-${one.name}-entry-${access}`] : [],
      ),
      `arn:aws:iam::${one.apis[0]?.account}:role/mtls-api-${one.name}-deploy`,
      `arn:aws:iam::${one.apis[0]?.account}:role/mtls-api-${one.name}-plan`,
    ]);
  });

  test("the ledger can be restored to any second", () => {
    expect(at(stack, "aws_dynamodb_table", "ledger/table")).toMatchObject({
      point_in_time_recovery: { enabled: true },
      server_side_encryption: { enabled: true },
      deletion_protection_enabled: one.tier === "production",
    });
  });

  test("CRLs are published on schedule, the root's looked at every day", () => {
    const minutes = one.ca.crl.publishEveryMinutes;
    expect(at(stack, "aws_cloudwatch_event_rule", "functions/ca-publish-schedule").schedule_expression).toBe(
      minutes === 1 ? "rate(1 minute)" : `rate(${minutes} minutes)`,
    );
    expect(
      at(stack, "aws_cloudwatch_event_rule", "functions/ca-reconcile-schedule").schedule_expression,
    ).toBe("rate(1 day)");
    const scheduled = resources(stack, "aws_cloudwatch_event_target").filter(
      ({ attributes }) => attributes.input,
    );
    expect(scheduled).toHaveLength(2);
    for (const { attributes } of scheduled)
      expect(JSON.parse(attributes.input)).toEqual({ action: expect.stringMatching(/^(publish|renew)$/) });
  });

  test("the outputs are what ca-reconcile returned, never what the bucket says today (I12)", () => {
    const result = `jsondecode(${resources(stack, "aws_lambda_invocation")[0]?.address}.result)`;
    expect(stack.output).toMatchObject({
      truststore_uri: { value: `\${${result}.truststore.uri}` },
      truststore_version: { value: `\${${result}.truststore.version}` },
      truststore_sha256: { value: `\${${result}.truststore.sha256}` },
      issuers: { value: `\${${result}.issuers}` },
    });
    const [published] = dataSources(stack, "aws_s3_object");
    expect(published?.attributes.lifecycle.postcondition[0].condition).toBe(
      `\${(self.version_id == ${result}.truststore.version)}`,
    );
  });

  test("the hierarchy comes after the functions' permissions, their logs and the bucket's protection", () => {
    const { depends_on: before } = at(stack, "aws_lambda_invocation", "hierarchy/reconcile");
    for (const type of [
      "aws_iam_role_policy",
      "aws_lambda_function",
      "aws_cloudwatch_log_group",
      "aws_s3_bucket_policy",
      "aws_s3_bucket_versioning",
    ])
      for (const { address, attributes } of resources(stack, type))
        if (!String(attributes["//"].metadata.path).includes("state-reader"))
          expect(before).toContain(address);
  });
});

test("each generation has a status of its own in what ca-reconcile is asked for; a retired key stays", () => {
  const generations = [
    { id: "g1", status: "retired", retireWithValidCertificates: true },
    { id: "g2", status: "active", rootKeySpec: "RSA_4096", issuingKeySpec: "RSA_3072" },
    { id: "g3", status: "trusted" },
  ] as const;
  const one = environment({ ...local, ca: { ...local.ca, engine: { kind: "kms", generations } } } as never);
  const stack = synthesize([one])[0]?.json;
  const input = at(stack, "aws_lambda_invocation", "hierarchy/reconcile").input.replace(
    /\$\{jsonencode\(aws_kms_key\.(\w+)_[0-9A-F]{8}\.arn\)\}/g,
    '"$1"',
  );
  expect(JSON.parse(input)).toMatchObject({
    action: "apply",
    configuration: {
      environment: "local",
      generations: [
        {
          id: "g1",
          status: "retired",
          rootKeyArn: "g1_root",
          issuingKeyArn: "g1_issuing",
          retireWithValidCertificates: true,
        },
        { id: "g2", status: "active", rootKeyArn: "g2_root", issuingKeyArn: "g2_issuing" },
        { id: "g3", status: "trusted", rootKeyArn: "g3_root", issuingKeyArn: "g3_issuing" },
      ],
      profiles: {
        server: {
          subjectAltNames: [{ kind: "dns", pattern: String.raw`[a-z0-9-]+\.internal\.example\.com` }],
        },
      },
    },
  });
  expect(at(stack, "aws_kms_key", "g2/root").customer_master_key_spec).toBe("RSA_4096");
});

describe("callers", () => {
  const onboarding = {
    name: "onboarding",
    principal: "arn:aws:iam::444455556666:role/onboarding",
    profiles: ["client"],
    names: ["partner-.*"],
  };
  const reader = { ...onboarding, name: "reader", mayRevoke: true };
  const one = environment({ ...local, ca: { ...local.ca, callers: [onboarding, reader] } } as never);
  const stack = synthesize([one])[0]?.json;
  const permitted = resources(stack, "aws_lambda_permission")
    .filter(({ attributes }) => attributes.qualifier)
    .map(({ attributes: { function_name: of, qualifier, principal } }) => {
      const alias = referenced(stack, qualifier).attributes;
      expect(alias.function_name).toBe(of);
      return `${referenced(stack, of).attributes.function_name}:${alias.name} ${principal}`;
    });

  test("each is permitted on an alias of its own, of what it may use, and nothing else", () => {
    const operator = "arn:aws:iam::333333333333:root";
    expect(permitted.sort()).toEqual(
      [
        ...["issue", "publish", "reconcile", "revoke"].map((slug) => `local-ca-${slug}:operator ${operator}`),
        `local-ca-issue:onboarding ${onboarding.principal}`,
        `local-ca-issue:reader ${reader.principal}`,
        `local-ca-revoke:reader ${reader.principal}`,
      ].sort(),
    );
  });

  test("ca-reconcile invokes its own aliases of ca-issue and ca-revoke, and ca-publish", () => {
    const invoked = statements(at(stack, "aws_iam_policy_document", "functions/ca-reconcile/permissions"))
      .filter(({ actions }) => actions.includes("lambda:InvokeFunction"))
      .flatMap((each) => each.resources)
      .map((arn) => {
        const { function_name: name, name: alias } = referenced(stack, arn).attributes;
        return alias ? `${referenced(stack, name).attributes.function_name}:${alias}` : name;
      });
    expect(invoked.sort()).toEqual([
      "local-ca-issue:reconcile",
      "local-ca-publish",
      "local-ca-revoke:reconcile",
    ]);
  });

  test("what ca-reconcile is asked for tells what they may have; who they are stays with Lambda", () => {
    const { input } = at(stack, "aws_lambda_invocation", "hierarchy/reconcile");
    expect(input).toContain('"callers":[{"name":"onboarding","profiles":["client"],"names":["partner-.*"]');
    expect(input).not.toContain("444455556666");
  });
});

describe("clients and revocations", () => {
  const request = `-----BEGIN CERTIFICATE REQUEST-----\nMIIB\n-----END CERTIFICATE REQUEST-----\n`;
  const wanted = (count: number): Environment => ({
    ...local,
    ca: {
      ...local.ca,
      clients: Array.from({ length: count }, (_, index) => ({
        ...{ name: `client-${index}`, csr: `clients/client-${index}.csr`, profile: "client" },
        ...{ released: index === 0, request },
      })),
      revoked: [{ generation: "g1", serial: "4a0b", reason: "superseded" }],
    },
  });
  const parts = (one: Environment) => {
    const stack = synthesize([one])[0]?.json;
    return {
      object: at(stack, "aws_s3_object", "desired-state/object"),
      invocation: at(stack, "aws_lambda_invocation", "hierarchy/reconcile"),
    };
  };

  test("are an object of the bucket; ca-reconcile gets its hash, and runs when it changes", () => {
    const { object, invocation } = parts(wanted(2));
    expect(JSON.parse(object.content)).toEqual({
      clients: {
        "client-0": { csr: request, profile: "client", released: true },
        "client-1": { csr: request, profile: "client" },
      },
      revoked: [{ generation: "g1", serial: "4a0b", reason: "superseded" }],
    });
    const sha256 = createHash("sha256").update(object.content).digest("hex");
    expect(invocation.input).toContain(`"desiredState":{"sha256":"${sha256}"}`);
    expect(invocation.depends_on.join()).toContain("aws_s3_object.desired-state_object_");
    expect(parts(wanted(3)).invocation.input).not.toBe(invocation.input);
  });

  test("hundreds of them do not grow the payload of the invocation", () => {
    expect(parts(wanted(800)).invocation.input).toHaveLength(parts(wanted(1)).invocation.input.length);
  });

  test("a run that is refused leaves the last good answer in place", () => {
    expect(parts(wanted(1)).invocation.lifecycle.create_before_destroy).toBe(true);
  });
});

test("a CA without an API has no reader in another account", () => {
  const one = environment({ ...local, apis: [] } as never);
  const stack = synthesize([one])[0]?.json;
  const foreign = JSON.stringify(stack).match(/arn:aws:iam::(?!111111111111)\d{12}:[^"]*/g) ?? [];
  expect(foreign.filter((arn: Json) => !one.operators.includes(arn))).toEqual([]);
});
