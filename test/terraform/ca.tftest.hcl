# The CA stack, planned and applied by Terraform itself against a mocked provider. Copied beside every CA stack by
# terraform.test.ts.

mock_provider "aws" {
  mock_resource "aws_kms_key" {
    defaults = {
      arn    = "arn:aws:kms:eu-west-2:111111111111:key/5c0c0f6c-7f6d-4a0e-9d3d-2f1f1c1d1e1f"
      key_id = "5c0c0f6c-7f6d-4a0e-9d3d-2f1f1c1d1e1f"
    }
  }
  mock_resource "aws_lambda_function" {
    defaults = { arn = "arn:aws:lambda:eu-west-2:111111111111:function:mock" }
  }
  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::111111111111:role/mock" }
  }
  mock_resource "aws_cloudwatch_log_group" {
    defaults = { arn = "arn:aws:logs:eu-west-2:111111111111:log-group:mock" }
  }
  mock_resource "aws_cloudwatch_event_rule" {
    defaults = { arn = "arn:aws:events:eu-west-2:111111111111:rule/mock" }
  }
  mock_resource "aws_sns_topic" {
    defaults = { arn = "arn:aws:sns:eu-west-2:111111111111:mock" }
  }
  mock_resource "aws_dynamodb_table" {
    defaults = { arn = "arn:aws:dynamodb:eu-west-2:111111111111:table/mock" }
  }
  mock_resource "aws_s3_bucket" {
    defaults = { arn = "arn:aws:s3:::mock" }
  }
  mock_resource "aws_lambda_invocation" {
    defaults = {
      result = "{\"truststore\":{\"uri\":\"s3://external/truststore.pem\",\"version\":\"version-1\",\"sha256\":\"hash-1\"},\"issuers\":[{\"generation\":\"g1\",\"issuingFingerprint\":\"aa\",\"issuingCrlKey\":\"crl/g1-issuing.crl\",\"rootFingerprint\":\"bb\",\"rootCrlKey\":\"crl/g1-root.crl\"}],\"drift\":[],\"clientNotices\":[]}"
    }
  }
  mock_data "aws_s3_object" {
    defaults = { version_id = "version-1" }
  }
  mock_data "aws_iam_policy_document" {
    defaults = { json = "{\"Version\":\"2012-10-17\",\"Statement\":[]}" }
  }
}

override_resource {
  target = aws_kms_key.g1_issuing_FAFA4A16
  values = {
    arn    = "arn:aws:kms:eu-west-2:111111111111:key/0b0c0f6c-7f6d-4a0e-9d3d-2f1f1c1d1e1f"
    key_id = "0b0c0f6c-7f6d-4a0e-9d3d-2f1f1c1d1e1f"
  }
}

run "another_truststore_in_the_bucket" {
  override_data {
    target = data.aws_s3_object.hierarchy_published-truststore_584C28DB
    values = { version_id = "somebody-elses" }
  }
  expect_failures = [data.aws_s3_object.hierarchy_published-truststore_584C28DB]
}

run "applied" {
  assert {
    condition     = output.truststore_version == "version-1" && output.truststore_sha256 == "hash-1" && output.truststore_uri == "s3://external/truststore.pem"
    error_message = "the outputs are not what ca-reconcile returned"
  }
  assert {
    condition     = output.issuers[0].issuingFingerprint == "aa" && length(output.issuers) == 1
    error_message = "the issuers are not a list of objects"
  }
  assert {
    condition     = jsondecode(aws_lambda_invocation.hierarchy_reconcile_F4E2581D.input).configuration.generations[0].rootKeyArn == aws_kms_key.g1_root_A80E3394.arn && jsondecode(aws_lambda_invocation.hierarchy_reconcile_F4E2581D.input).configuration.generations[0].issuingKeyArn == aws_kms_key.g1_issuing_FAFA4A16.arn
    error_message = "ca-reconcile is given other keys"
  }
  assert {
    condition     = aws_kms_key.g1_root_A80E3394.arn != aws_kms_key.g1_issuing_FAFA4A16.arn
    error_message = "root and issuing CA share a key"
  }
  assert {
    condition     = can(regex(jsondecode(aws_lambda_invocation.hierarchy_reconcile_F4E2581D.input).configuration.profiles.client.subject.fixed.O, "Example Ltd"))
    error_message = "the profile does not arrive as it is written"
  }
  assert {
    condition     = alltrue([for profile in values(jsondecode(aws_lambda_invocation.hierarchy_reconcile_F4E2581D.input).configuration.profiles) : alltrue([for name in profile.subjectAltNames : !can(regex(name.pattern, "intruder.example.org"))])])
    error_message = "a pattern has lost its backslashes on the way"
  }
  assert {
    condition     = jsondecode(aws_lambda_invocation.hierarchy_reconcile_F4E2581D.input).configuration.desiredState.sha256 == sha256(aws_s3_object.desired-state_object_2FC3F929.content)
    error_message = "ca-reconcile is told another hash than that of the desired state"
  }
  assert {
    condition     = can(jsondecode(aws_s3_object.desired-state_object_2FC3F929.content).clients) && can(jsondecode(aws_s3_object.desired-state_object_2FC3F929.content).revoked)
    error_message = "the desired state is not what ca-reconcile reads"
  }
  assert {
    condition     = length(output.drift) == 0 && length(output.client_notices) == 0
    error_message = "the report is not a list"
  }
  assert {
    condition     = aws_lambda_invocation.hierarchy_reconcile_F4E2581D.lifecycle_scope == "CREATE_ONLY"
    error_message = "a failed reconcile would not be retried"
  }
  assert {
    condition     = aws_lambda_permission.functions_ca-publish_schedule_32AFCEA2.source_arn == "arn:aws:events:eu-west-2:111111111111:rule/mock"
    error_message = "the schedule may not call ca-publish"
  }
  assert {
    condition     = jsondecode(aws_cloudwatch_event_target.functions_ca-publish-target_0C2DFCF4.input) == { action = "publish" } && jsondecode(aws_cloudwatch_event_target.functions_ca-reconcile-target_501B3678.input) == { action = "renew" }
    error_message = "the schedules ask for something else"
  }
  assert {
    condition     = aws_kms_key.g1_root_A80E3394.key_usage == "SIGN_VERIFY" && aws_kms_key.g1_root_A80E3394.bypass_policy_lockout_safety_check != true
    error_message = "the root key is not a signing key, or its lock-out check is bypassed"
  }
}
