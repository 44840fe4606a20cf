# The CA stack's policies as AWS gets them: rendered by the real provider, which needs no network for it.

provider "aws" {
  region                      = "eu-west-2"
  access_key                  = "none"
  secret_key                  = "none"
  skip_credentials_validation = true
  skip_requesting_account_id  = true
  skip_metadata_api_check     = true
}

override_resource {
  target = aws_s3_bucket.external_bucket_79A53824
  values = { arn = "arn:aws:s3:::external" }
}

run "rendered" {
  plan_options {
    target = [
      data.aws_iam_policy_document.external_policy-document_EB81844B,
      data.aws_iam_policy_document.g1_root-policy_4D5D5E4F,
      data.aws_iam_policy_document.g1_issuing-policy_7FDA9320,
      data.aws_iam_policy_document.state-reader_trust_D36A300D,
      data.aws_iam_policy_document.state-reader_permissions_78CA7252,
    ]
  }

  assert {
    condition = [for one in jsondecode(data.aws_iam_policy_document.external_policy-document_EB81844B.json).Statement : one if one.Sid == "TlsOnly"] == [{
      Sid       = "TlsOnly"
      Effect    = "Deny"
      Action    = "s3:*"
      Resource  = ["arn:aws:s3:::external/*", "arn:aws:s3:::external"]
      Principal = "*"
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
    }]
    error_message = "plain http is not denied to everybody"
  }
  assert {
    condition     = [for one in jsondecode(data.aws_iam_policy_document.external_policy-document_EB81844B.json).Statement : one.Resource if one.Effect == "Allow"] == [["arn:aws:s3:::external/truststore.pem", "arn:aws:s3:::external/crl/*"]]
    error_message = "other accounts may do more than read truststore and CRLs"
  }
  assert {
    condition     = alltrue([for one in jsondecode(data.aws_iam_policy_document.external_policy-document_EB81844B.json).Statement : contains([3, 4], length(one.Condition.ArnEquals["aws:PrincipalArn"])) if one.Effect == "Allow"])
    error_message = "readers are not named by role"
  }
  assert {
    condition     = [for one in jsondecode(data.aws_iam_policy_document.g1_root-policy_4D5D5E4F.json).Statement : one.Condition if one.Effect == "Allow" && one.Action == "kms:Sign"][0].StringEquals["kms:MessageType"] == "DIGEST"
    error_message = "the root key signs more than digests"
  }
  assert {
    condition     = endswith([for one in jsondecode(data.aws_iam_policy_document.g1_root-policy_4D5D5E4F.json).Statement : one.Condition.ArnNotEquals["aws:PrincipalArn"] if one.Effect == "Deny"][0], "-ca-reconcile")
    error_message = "somebody beside ca-reconcile may sign with the root key"
  }
  assert {
    condition     = [for arn in [for one in jsondecode(data.aws_iam_policy_document.g1_issuing-policy_7FDA9320.json).Statement : one.Condition.ArnNotEquals["aws:PrincipalArn"] if one.Effect == "Deny"][0] : regex("ca-[a-z]+$", arn)] == ["ca-issue", "ca-publish"]
    error_message = "somebody beside ca-issue and ca-publish may sign with the issuing key"
  }
  assert {
    condition     = jsondecode(data.aws_iam_policy_document.state-reader_permissions_78CA7252.json).Statement[0].Action == "s3:GetObject" && length(jsondecode(data.aws_iam_policy_document.state-reader_permissions_78CA7252.json).Statement) == 1
    error_message = "the state reader may do more than read"
  }
  assert {
    condition     = length(jsondecode(data.aws_iam_policy_document.state-reader_trust_D36A300D.json).Statement[0].Condition.ArnEquals["aws:PrincipalArn"]) >= 3
    error_message = "the state reader is trusted by account alone"
  }
}
