/** Every bucket: versioned, encrypted with a key that other accounts may use, TLS only, owner enforced, never public. */
import { type Json, referenced, resources, type Synthesized, statements } from "../synthesized.ts";
import type { Rule } from "./rule.ts";

type Aspect = readonly [
  what: string,
  type: string,
  holds: (attributes: Json, json: Synthesized["json"]) => boolean,
];

const aspects: readonly Aspect[] = [
  ["versioned", "aws_s3_bucket_versioning", (one) => one.versioning_configuration.status === "Enabled"],
  [
    "encrypted with SSE-S3",
    "aws_s3_bucket_server_side_encryption_configuration",
    (one) => one.rule[0].apply_server_side_encryption_by_default.sse_algorithm === "AES256",
  ],
  [
    "owner enforced",
    "aws_s3_bucket_ownership_controls",
    (one) => one.rule.object_ownership === "BucketOwnerEnforced",
  ],
  [
    "private",
    "aws_s3_bucket_public_access_block",
    (one) =>
      one.block_public_acls === true &&
      one.block_public_policy === true &&
      one.ignore_public_acls === true &&
      one.restrict_public_buckets === true,
  ],
  [
    "TLS only",
    "aws_s3_bucket_policy",
    (one, json) =>
      statements(referenced(json, one.policy).attributes).some(
        ({ effect, actions, principals, resources: covered, condition }) =>
          effect === "Deny" &&
          actions.includes("s3:*") &&
          principals.some(({ type, identifiers }) => type === "*" && identifiers.includes("*")) &&
          covered.length === 2 &&
          JSON.stringify(condition) ===
            '[{"test":"Bool","values":["false"],"variable":"aws:SecureTransport"}]',
      ),
  ],
];

export const bucketsArePrivateVersionedEncryptedTlsOnly: Rule = {
  name: "buckets are private, versioned, encrypted, TLS only",
  check: ({ json, environment }) =>
    resources(json, "aws_s3_bucket").flatMap(({ address, attributes }) => [
      ...aspects
        .filter(([, type, holds]) => {
          const own = resources(json, type).filter((one) => one.attributes.bucket === `\${${address}.id}`);
          return own.length !== 1 || !holds(own[0]?.attributes, json);
        })
        .map(([what]) => `${address}: not ${what}`),
      ...(attributes.force_destroy === true && environment.tier !== "sandbox"
        ? [`${address}: may be destroyed with its content outside a sandbox`]
        : []),
    ]),
  controls: [
    ...aspectControls(),
    {
      defect: "plain http allowed",
      kind: "ca",
      make: (json) => {
        const policy = resources(json, "aws_s3_bucket_policy")[0]?.attributes.policy;
        const document = referenced(json, policy).attributes;
        document.statement = document.statement.filter((one: Json) => one.sid !== "TlsOnly");
      },
    },
    {
      defect: "public ACLs not ignored",
      kind: "api",
      make: (json) => {
        for (const one of resources(json, "aws_s3_bucket_public_access_block"))
          one.attributes.ignore_public_acls = false;
      },
    },
    {
      defect: "versioning suspended",
      kind: "ca",
      make: (json) => {
        for (const one of resources(json, "aws_s3_bucket_versioning"))
          one.attributes.versioning_configuration.status = "Suspended";
      },
    },
  ],
};

function aspectControls(): Rule["controls"] {
  return aspects.map(([what, type]) => ({
    defect: `without what makes it ${what}`,
    kind: "ca" as const,
    make: (json: Json) => {
      delete json.resource[type];
    },
  }));
}
