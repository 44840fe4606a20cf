# The CA stack on engine existing, against a mocked provider.

mock_provider "aws" {
  mock_resource "aws_lambda_function" {
    defaults = { arn = "arn:aws:lambda:eu-west-2:555566667777:function:mock" }
  }
  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::555566667777:role/mock" }
  }
  mock_resource "aws_cloudwatch_log_group" {
    defaults = { arn = "arn:aws:logs:eu-west-2:555566667777:log-group:mock" }
  }
  mock_resource "aws_cloudwatch_event_rule" {
    defaults = { arn = "arn:aws:events:eu-west-2:555566667777:rule/mock" }
  }
  mock_resource "aws_s3_bucket" {
    defaults = { arn = "arn:aws:s3:::mock" }
  }
  mock_resource "aws_s3_object" {
    defaults = { version_id = "version-1" }
  }
  mock_resource "aws_sns_topic" {
    defaults = { arn = "arn:aws:sns:eu-west-2:555566667777:mock" }
  }
  mock_resource "aws_kms_key" {
    defaults = {
      arn    = "arn:aws:kms:eu-west-2:555566667777:key/5c0c0f6c-7f6d-4a0e-9d3d-2f1f1c1d1e1f"
      key_id = "5c0c0f6c-7f6d-4a0e-9d3d-2f1f1c1d1e1f"
    }
  }
  mock_resource "aws_lambda_invocation" {
    defaults = { result = "{\"crls\":[]}" }
  }
  mock_data "aws_iam_policy_document" {
    defaults = { json = "{\"Version\":\"2012-10-17\",\"Statement\":[]}" }
  }
}

run "applied" {
  assert {
    condition     = output.truststore_version == "version-1" && output.truststore_sha256 == sha256(aws_s3_object.engine_truststore_object_A9ACFBB8.content)
    error_message = "the outputs do not pin what was written"
  }
  assert {
    condition     = length(regexall("-----BEGIN CERTIFICATE-----", aws_s3_object.engine_truststore_object_A9ACFBB8.content)) == 2
    error_message = "the truststore is not the bundle"
  }
  assert {
    condition     = aws_s3_object.engine_truststore_object_A9ACFBB8.etag == md5(aws_s3_object.engine_truststore_object_A9ACFBB8.content)
    error_message = "somebody else's truststore would not show as a change"
  }
  assert {
    condition     = aws_lambda_function.engine_ca-mirror_function_DD95DE15.environment[0].variables.TRUSTSTORE_SHA256 == output.truststore_sha256
    error_message = "ca-mirror does not pin the truststore"
  }
  assert {
    condition     = [for issuer in jsondecode(aws_lambda_function.engine_ca-mirror_function_DD95DE15.environment[0].variables.MIRROR).issuers : issuer.issuing] == [for issuer in output.issuers : issuer.issuingFingerprint]
    error_message = "ca-mirror verifies under other certificates than the authorizer"
  }
  assert {
    condition     = jsondecode(aws_lambda_function.engine_ca-mirror_function_DD95DE15.environment[0].variables.MIRROR).issuers[0].rootCrl == { bucket = output.external_bucket, key = aws_s3_object.engine_incoming-g1-root-crl_4CB0E5D1.key, region = "eu-west-2" }
    error_message = "the root's CRL is looked for elsewhere than it was laid down"
  }
  assert {
    condition     = aws_lambda_invocation.engine_mirrored_8F042AA5.lifecycle_scope == "CREATE_ONLY" && aws_lambda_invocation.engine_mirrored_8F042AA5.triggers.truststore == "version-1"
    error_message = "a deployment goes on although ca-mirror failed, or does not run it"
  }
  assert {
    condition     = length(output.drift) == 0 && length(output.client_notices) == 0
    error_message = "the report is not a list"
  }
}
