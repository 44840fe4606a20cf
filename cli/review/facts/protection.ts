/** What protects keys, data and published files against loss, disclosure and change. */
import {
  any,
  guard,
  higherIsLooser,
  lowerIsLooser,
  must,
  mustBeOff,
  mustBeOn,
  mustBeThere,
  turned,
} from "../judges.ts";
import { rows } from "./row.ts";

const concern = "Protection";

export const protection = [
  ...rows(
    "aws_s3_bucket_public_access_block",
    concern,
    ["block_public_acls", "public ACLs are blocked", mustBeOn],
    ["block_public_policy", "public policies are blocked", mustBeOn],
    ["ignore_public_acls", "public ACLs are ignored", mustBeOn],
    ["restrict_public_buckets", "public access is restricted", mustBeOn],
    ["bucket", "the bucket that is protected", any("unjudged")],
  ),
  ...rows(
    "aws_s3_bucket",
    concern,
    ["force_destroy", "may be destroyed with its content", turned(false)],
    ["acl", "access list", any("unjudged")],
    ["grant.**", "access list", any("loosens")],
  ),
  ...rows(
    "aws_s3_bucket_versioning",
    concern,
    ["versioning_configuration.status", "old versions are kept", must("Enabled", "Disabled")],
    ["bucket", "the bucket that is protected", any("unjudged")],
  ),
  ...rows("aws_s3_bucket_ownership_controls", concern, [
    "rule.object_ownership",
    "objects belong to the bucket's owner",
    must("BucketOwnerEnforced", ""),
  ]),
  ...rows(
    "aws_s3_bucket_server_side_encryption_configuration",
    concern,
    ["rule", "encryption", mustBeThere("unjudged")],
    ["rule.**", "encryption", any("unjudged")],
  ),
  ...rows("aws_s3_bucket_policy", concern, ["bucket", "the bucket of this policy", any("loosens")]),
  ...rows("aws_s3_bucket_lifecycle_configuration", concern, [
    "rule.**",
    "when old versions are deleted",
    any("unjudged"),
  ]),
  ...rows(
    "aws_dynamodb_table",
    concern,
    ["deletion_protection_enabled", "protected against deletion", turned(true)],
    ["point_in_time_recovery.enabled", "can be restored to any second", mustBeOn],
    ["server_side_encryption.enabled", "encrypted with a key of KMS", guard],
    ["ttl.**", "entries that delete themselves", any("loosens")],
    ["replica.**", "copies", any("loosens")],
    ["stream_enabled", "changes can be read as a stream", any("loosens")],
  ),
  ...rows(
    "aws_kms_key",
    concern,
    ["deletion_window_in_days", "days in which a deletion can be undone", lowerIsLooser(30)],
    ["bypass_policy_lockout_safety_check", "the check against locking oneself out is off", mustBeOff],
    ["is_enabled", "enabled", any("changes")],
    ["multi_region", "copies in other regions", any("loosens")],
  ),
  ...rows("aws_lb", concern, ["enable_deletion_protection", "protected against deletion", turned(true)]),
  ...rows("aws_kms_alias", concern, ["target_key_id", "the key behind the alias", any("loosens")]),
  ...rows(
    "aws_lambda_function",
    concern,
    ["kms_key_arn", "key of the environment", guard],
    ["reserved_concurrent_executions", "processes at once", any("changes")],
  ),
  ...rows(
    "aws_iam_role",
    concern,
    ["permissions_boundary", "permission boundary", guard],
    ["managed_policy_arns[]", "managed policy", any("loosens")],
    ["managed_policy_arns", "managed policies", any("loosens")],
    ["max_session_duration", "longest session (s)", higherIsLooser(3600)],
  ),
  ...rows("aws_iam_role_policy", concern, ["role", "the role that holds the permissions", any("loosens")]),
];
