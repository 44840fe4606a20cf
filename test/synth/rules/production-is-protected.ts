/** In production nothing that cannot be made again is destroyed by a plan: CA keys, ledger, published files. */
import { at, dataSources, resources, type Synthesized, statements } from "../synthesized.ts";
import type { Rule } from "./rule.ts";

export const productionIsProtected: Rule = {
  name: "production is protected",
  check: (stack) => (stack.environment.tier === "production" && stack.kind === "ca" ? problems(stack) : []),
  controls: [
    {
      defect: "a key may be destroyed",
      kind: "ca",
      make: (json) => {
        delete at(json, "aws_kms_key", "g1/root").lifecycle;
      },
    },
    {
      defect: "the ledger may be destroyed",
      kind: "ca",
      make: (json) => {
        at(json, "aws_dynamodb_table", "ledger/table").deletion_protection_enabled = false;
      },
    },
    {
      defect: "published files may be deleted",
      kind: "ca",
      make: (json) => {
        at(json, "aws_iam_policy_document", "external/policy-document").statement.pop();
      },
    },
    {
      defect: "a key is gone after a week",
      kind: "ca",
      make: (json) => {
        at(json, "aws_kms_key", "g1/issuing").deletion_window_in_days = 7;
      },
    },
  ],
};

function problems({ json }: Synthesized): string[] {
  // A key that only protects messages on their way can be made anew.
  const lasting = ["aws_kms_key", "aws_dynamodb_table", "aws_s3_bucket"]
    .flatMap((type) => resources(json, type))
    .filter(
      ({ address, attributes }) =>
        !address.startsWith("aws_kms_key.") || attributes.key_usage === "SIGN_VERIFY",
    );
  return [
    ...lasting
      .filter(({ attributes }) => attributes.lifecycle?.prevent_destroy !== true)
      .map(({ address }) => `${address}: a plan may destroy it`),
    ...resources(json, "aws_kms_key")
      .filter(({ attributes }) => attributes.deletion_window_in_days < 30)
      .map(({ address }) => `${address}: deleted after less than 30 days`),
    ...resources(json, "aws_dynamodb_table")
      .filter(
        ({ attributes }) =>
          !attributes.deletion_protection_enabled || !attributes.point_in_time_recovery.enabled,
      )
      .map(({ address }) => `${address}: no deletion protection or no recovery`),
    ...(dataSources(json, "aws_iam_policy_document")
      .flatMap(({ attributes }) => statements(attributes))
      .some(({ effect, actions }) => effect === "Deny" && actions.includes("s3:DeleteObjectVersion"))
      ? []
      : ["published files may be deleted"]),
  ];
}
