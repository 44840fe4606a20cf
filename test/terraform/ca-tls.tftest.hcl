# The CA stack on engine tls: AWS is mocked, the certificates are real ones of hashicorp/tls.

mock_provider "aws" {
  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::444444444444:role/mock" }
  }
  mock_resource "aws_s3_bucket" {
    defaults = { arn = "arn:aws:s3:::mock" }
  }
  mock_resource "aws_s3_object" {
    defaults = { version_id = "version-1" }
  }
  mock_data "aws_iam_policy_document" {
    defaults = { json = "{\"Version\":\"2012-10-17\",\"Statement\":[]}" }
  }
}

run "applied" {
  assert {
    condition     = aws_s3_object.engine_truststore_object_A9ACFBB8.content == "${tls_locally_signed_cert.engine_issuing_35648B0B.cert_pem}${tls_self_signed_cert.engine_root_A379239A.cert_pem}"
    error_message = "the truststore is not issuing and root certificate"
  }
  assert {
    condition     = output.truststore_version == "version-1" && output.truststore_sha256 == sha256(aws_s3_object.engine_truststore_object_A9ACFBB8.content) && output.truststore_uri == "s3://${output.external_bucket}/truststore.pem"
    error_message = "the outputs do not pin what was written"
  }
  assert {
    condition     = aws_s3_object.engine_truststore_object_A9ACFBB8.etag == md5(aws_s3_object.engine_truststore_object_A9ACFBB8.content)
    error_message = "somebody else's truststore would not show as a change"
  }
  assert {
    condition     = output.issuers == [{ generation = "g1", issuingFingerprint = "pem-sha256:${sha256(tls_locally_signed_cert.engine_issuing_35648B0B.cert_pem)}", issuingCrlKey = "crl/g1-issuing.crl", rootFingerprint = "pem-sha256:${sha256(tls_self_signed_cert.engine_root_A379239A.cert_pem)}", rootCrlKey = "crl/g1-root.crl" }]
    error_message = "the issuers are not named by the hash of what was made"
  }
  assert {
    condition     = length(output.drift) == 0 && length(output.client_notices) == 0
    error_message = "the report is not a list"
  }
  assert {
    condition     = toset(keys(output.client_certificates)) == toset(["partner-a", "partner-b", "stranger"])
    error_message = "a client lacks its certificate"
  }
  assert {
    condition     = tls_locally_signed_cert.engine_client-partner-a_778EAD9E.allowed_uses == tolist(["digital_signature", "client_auth"]) && !tls_locally_signed_cert.engine_client-partner-a_778EAD9E.is_ca_certificate
    error_message = "a client's certificate is for something else"
  }
  assert {
    condition     = tls_locally_signed_cert.engine_client-partner-a_778EAD9E.ca_cert_pem == tls_locally_signed_cert.engine_issuing_35648B0B.cert_pem && tls_locally_signed_cert.engine_issuing_35648B0B.ca_cert_pem == tls_self_signed_cert.engine_root_A379239A.cert_pem
    error_message = "the chain is another"
  }
}
