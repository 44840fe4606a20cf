/** What differs by engine in the synthesized stacks: who writes the bucket, what the API is told, what nobody is told. */
import { environments } from "#config/environments.ts";
import { at, committedStack, type Json, resources, statements } from "./synthesized.ts";

const denials = (stack: Json) =>
  statements(at(stack, "aws_iam_policy_document", "external/policy-document"))
    .filter(({ effect, sid }) => effect === "Deny" && sid !== "TlsOnly")
    .map(({ sid, actions, resources: keys, condition }) => [
      sid,
      actions.join(),
      keys.map((key) => key.replace(/^\$\{[^}]+\}\//, "")),
      condition.flatMap(({ values }) => values),
    ]);

test("tls: only the deployment writes the truststore; CRLs are written by nobody else either", () => {
  expect(denials(committedStack("tls-ca").json)).toEqual([
    [
      "OnlyTheDeploymentWrites",
      "s3:PutObject",
      ["truststore.pem", "crl/*-issuing.crl", "crl/*-root.crl"],
      ["arn:aws:iam::444444444444:role/mtls-api-tls-deploy"],
    ],
  ]);
});

test("existing: ca-mirror writes CRLs, the deployment what ca-mirror is to check, each nothing else", () => {
  expect(denials(committedStack("existing-ca").json)).toEqual([
    [
      "OnlyMirrorWrites",
      "s3:PutObject",
      ["crl/*-issuing.crl", "crl/*-root.crl"],
      ["arn:aws:iam::555566667777:role/existing-ca-mirror"],
    ],
    [
      "OnlyTheDeploymentWrites",
      "s3:PutObject",
      ["truststore.pem", "incoming/*-root.crl", "incoming/*-issuing.crl"],
      ["arn:aws:iam::555566667777:role/mtls-api-existing-deploy"],
    ],
  ]);
});

test("existing: ca-mirror reads truststore and the configured sources, and writes its own lists", () => {
  const stack = committedStack("existing-ca").json;
  const bucket = `\${${resources(stack, "aws_s3_bucket")[0]?.address}.arn}`;
  const s3 = statements(at(stack, "aws_iam_policy_document", "engine/ca-mirror/permissions")).filter(
    ({ actions }) => actions.some((action) => action.startsWith("s3:")),
  );
  expect(s3.map(({ actions, resources: keys }) => [actions, keys])).toEqual([
    [["s3:GetObject"], [`${bucket}/truststore.pem`]],
    [
      ["s3:GetObject"],
      [
        "arn:aws:s3:::other-ca-external-888899990000/crl/issuing.crl",
        "arn:aws:s3:::existing-ca-external-555566667777/incoming/g1-root.crl",
      ],
    ],
    [
      ["s3:GetObject", "s3:PutObject"],
      [`${bucket}/crl/g1-issuing.crl`, `${bucket}/crl/g1-root.crl`],
    ],
  ]);
});

test("existing: the outputs wait for ca-mirror", () => {
  const { output } = committedStack("existing-ca").json as Json;
  const [address] = resources(committedStack("existing-ca").json, "aws_lambda_invocation");
  for (const one of Object.values(output) as Json[]) expect(one.depends_on).toEqual([address?.address]);
});

test("tls: no output refers to a private key: remote state would carry it into the API's state", () => {
  expect(JSON.stringify((committedStack("tls-ca").json as Json).output)).not.toMatch(/private_key/);
});

test.each(environments.map((one) => [one.name, one] as const))(
  "%s: the authorizer is told that revocation is off on engine tls, and only there",
  (name, { ca }) => {
    const { content } = at(committedStack(`${name}-api`).json, "aws_s3_object", "authorizer/policy-object");
    expect(/"revocation":"off"/.test(content)).toBe(ca.engine.kind === "tls");
    expect(/"issuingMaxAgeSeconds":[1-9]/.test(content)).toBe(ca.engine.kind !== "tls");
  },
);
