# The API stack's policies as AWS gets them: rendered by the real provider, which needs no network for it.

provider "aws" {
  region                      = "eu-west-2"
  access_key                  = "none"
  secret_key                  = "none"
  skip_credentials_validation = true
  skip_requesting_account_id  = true
  skip_metadata_api_check     = true
}

override_resource {
  target = aws_s3_bucket.authorizer_policy_bucket_3E5CC045
  values = { arn = "arn:aws:s3:::policy" }
}

override_resource {
  target = aws_cloudwatch_log_group.authorizer_function_log_AA3BE6E7
  values = { arn = "arn:aws:logs:eu-west-2:222222222222:log-group:authorizer" }
}

# Asked for when the run is torn down.
override_data {
  target = data.aws_route53_zone.domain_zone_A45F16E7
  values = { zone_id = "ZMOCK" }
}

override_resource {
  target = aws_kms_key.backend-keys_k1_61BF8597
  values = {
    arn    = "arn:aws:kms:eu-west-2:222222222222:key/5c0c0f6c-7f6d-4a0e-9d3d-2f1f1c1d1e1f"
    key_id = "5c0c0f6c-7f6d-4a0e-9d3d-2f1f1c1d1e1f"
  }
}

override_data {
  target = data.aws_kms_public_key.backend-keys_k1-public_25754F88
  values = { public_key = "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEwdVJ0KtVaaXLwx7vjLvPX06VARyCKog/vBWgshXbSYuXU/18WkqyTH5meeadp7+ehNZZ9PVGQ0kUfE3BO2VY5Q==" }
}

override_data {
  target = data.terraform_remote_state.trust_state_349F5AA5
  values = {
    outputs = {
      truststore_uri         = "s3://external/truststore.pem"
      truststore_version     = "version-1"
      truststore_sha256      = "hash-1"
      external_bucket        = "external"
      external_bucket_region = "eu-west-2"
      issuers                = []
    }
  }
}

run "rendered" {
  plan_options {
    target = [
      data.aws_iam_policy_document.authorizer_function_permissions_C090C732,
      data.aws_iam_policy_document.authorizer_function_trust_EC1CF78C,
      data.aws_iam_policy_document.authorizer_policy_policy-document_CEAC5D8C,
    ]
  }

  assert {
    condition     = toset(flatten([for one in jsondecode(data.aws_iam_policy_document.authorizer_function_permissions_C090C732.json).Statement : one.Action])) == toset(["kms:Sign", "logs:CreateLogStream", "logs:PutLogEvents", "s3:GetObject", "s3:GetObjectVersion"])
    error_message = "the authorizer may do more than read, log and sign"
  }
  assert {
    condition     = alltrue([for arn in flatten([for one in jsondecode(data.aws_iam_policy_document.authorizer_function_permissions_C090C732.json).Statement : one.Resource]) : can(regex("^arn:aws:s3:::[a-z0-9-]+/(truststore\\.pem|crl/\\*|authorizer-policy\\.json)$|^arn:aws:logs:eu-west-2:222222222222:log-group:authorizer:\\*$|^arn:aws:kms:eu-west-2:222222222222:key/[0-9a-f-]{36}$", arn))])
    error_message = "the authorizer may read more than the CA's public files and its own policy"
  }
  assert {
    condition     = jsondecode(data.aws_iam_policy_document.authorizer_function_trust_EC1CF78C.json).Statement[0].Principal.Service == "lambda.amazonaws.com"
    error_message = "somebody beside Lambda may take the authorizer's role"
  }
  assert {
    condition     = jsondecode(data.aws_iam_policy_document.authorizer_policy_policy-document_CEAC5D8C.json).Statement[0].Effect == "Deny" && length(jsondecode(data.aws_iam_policy_document.authorizer_policy_policy-document_CEAC5D8C.json).Statement) == 1
    error_message = "the policy bucket lets somebody in"
  }
}
