/** What the CA stack promises, attribute by attribute, for every committed environment. */
import { environment } from "#config/environment.ts";
import { local } from "#config/environments/local/index.ts";
import { environments } from "#config/environments.ts";
import {
  at,
  committedStack,
  dataSources,
  type Json,
  resources,
  statements,
  synthesize,
} from "./synthesized.ts";

const rows = environments.map((one) => ({
  name: `${one.name}-ca`,
  one,
  stack: committedStack(`${one.name}-ca`).json,
}));

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
    expect(resources(stack, "aws_kms_key")).toHaveLength(2 * one.ca.engine.generations.length);
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

  test("the state reader reads one object, for the API account's roles and the operators", () => {
    expect(policy("state-reader/permissions")).toMatchObject([
      {
        actions: ["s3:GetObject"],
        resources: [`arn:aws:s3:::${one.ca.state.bucket}/${one.name}-ca.tfstate`],
      },
    ]);
    expect(policy("state-reader/trust")[0]?.condition[0]?.values).toEqual([
      ...one.operators,
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
    for (const { attributes } of resources(stack, "aws_cloudwatch_event_target"))
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

test("a CA without an API has no reader in another account", () => {
  const one = environment({ ...local, apis: [] } as never);
  const stack = synthesize([one])[0]?.json;
  const foreign = JSON.stringify(stack).match(/arn:aws:iam::(?!111111111111)\d{12}:[^"]*/g) ?? [];
  expect(foreign.filter((arn: Json) => !one.operators.includes(arn))).toEqual([]);
});
