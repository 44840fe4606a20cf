// What counts as a bucket that answers over TLS only: a Deny of everything for everybody, and nothing less.
import { isTlsOnly } from "#aws/bucket-protection.ts";

const right = {
  Effect: "Deny",
  Principal: "*",
  Action: "s3:*",
  Resource: ["arn:aws:s3:::states", "arn:aws:s3:::states/*"],
  Condition: { Bool: { "aws:SecureTransport": "false" } },
};

test.each([
  ["the policy that bootstrap writes", [right], true],
  ["everybody named as an AWS principal", [{ ...right, Principal: { AWS: "*" } }], true],
  ["beside another statement", [{ Effect: "Allow", Action: "s3:GetObject" }, right], true],
  [
    "bucket and objects in a statement each",
    right.Resource.map((Resource) => ({ ...right, Resource })),
    true,
  ],
  ["no statement", [], false],
  ["an Allow", [{ ...right, Effect: "Allow" }], false],
  ["one principal only", [{ ...right, Principal: { AWS: "arn:aws:iam::111122223333:root" } }], false],
  ["one action only", [{ ...right, Action: "s3:PutObject" }], false],
  ["the objects only", [{ ...right, Resource: "arn:aws:s3:::states/*" }], false],
  ["another bucket", [{ ...right, Resource: ["arn:aws:s3:::other", "arn:aws:s3:::other/*"] }], false],
  ["the opposite condition", [{ ...right, Condition: { Bool: { "aws:SecureTransport": "true" } } }], false],
  [
    "a further condition, which narrows it",
    [
      {
        ...right,
        Condition: { ...right.Condition, StringEquals: { "aws:PrincipalAccount": "111122223333" } },
      },
    ],
    false,
  ],
])("%s", (_, Statement, expected) => {
  expect(isTlsOnly(JSON.stringify({ Version: "2012-10-17", Statement }), "states")).toBe(expected);
});

test("a bucket without a policy answers plain http", () => {
  expect(isTlsOnly(undefined, "states")).toBe(false);
});
