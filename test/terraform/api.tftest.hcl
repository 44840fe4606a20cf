# The API stack, planned and applied by Terraform itself against a mocked provider: what expressions become once
# they have values. Copied beside every API stack by terraform.test.ts.

mock_provider "aws" {
  mock_resource "aws_lambda_function" {
    defaults = {
      arn        = "arn:aws:lambda:eu-west-2:222222222222:function:mock"
      invoke_arn = "arn:aws:apigateway:eu-west-2:lambda:path/2015-03-31/functions/arn:aws:lambda:eu-west-2:222222222222:function:mock/invocations"
    }
  }
  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::222222222222:role/mock" }
  }
  mock_resource "aws_cloudwatch_log_group" {
    defaults = { arn = "arn:aws:logs:eu-west-2:222222222222:log-group:mock" }
  }
  mock_resource "aws_s3_bucket" {
    defaults = { arn = "arn:aws:s3:::mock" }
  }
  mock_resource "aws_s3_object" {
    defaults = { version_id = "policy-version" }
  }
  mock_resource "aws_acm_certificate" {
    defaults = {
      arn = "arn:aws:acm:eu-west-2:222222222222:certificate/5c0c0f6c-7f6d-4a0e-9d3d-2f1f1c1d1e1f"
      domain_validation_options = [{
        domain_name           = "mock.example.com"
        resource_record_name  = "_proof.mock.example.com"
        resource_record_type  = "CNAME"
        resource_record_value = "_answer.acm-validations.aws"
      }]
    }
  }
  mock_resource "aws_api_gateway_rest_api" {
    defaults = {
      id            = "restapi"
      execution_arn = "arn:aws:execute-api:eu-west-2:222222222222:restapi"
    }
  }
  mock_resource "aws_api_gateway_authorizer" {
    defaults = { id = "authorizer" }
  }
  mock_resource "aws_api_gateway_domain_name" {
    defaults = { regional_domain_name = "d-mock.execute-api.eu-west-2.amazonaws.com" }
  }
  mock_resource "aws_kms_key" {
    defaults = { arn = "arn:aws:kms:eu-west-2:222222222222:key/5c0c0f6c-7f6d-4a0e-9d3d-2f1f1c1d1e1f" }
  }
  mock_resource "aws_sns_topic" {
    defaults = { arn = "arn:aws:sns:eu-west-2:222222222222:mock" }
  }
  mock_resource "aws_wafv2_web_acl" {
    defaults = { arn = "arn:aws:wafv2:eu-west-2:222222222222:regional/webacl/mock/5c0c0f6c-7f6d-4a0e-9d3d-2f1f1c1d1e1f" }
  }
  mock_resource "aws_wafv2_ip_set" {
    defaults = { arn = "arn:aws:wafv2:eu-west-2:222222222222:regional/ipset/mock/5c0c0f6c-7f6d-4a0e-9d3d-2f1f1c1d1e1f" }
  }
  mock_resource "aws_api_gateway_stage" {
    defaults = { arn = "arn:aws:apigateway:eu-west-2::/restapis/restapi/stages/mock" }
  }
  mock_resource "aws_cloudwatch_event_rule" {
    defaults = { arn = "arn:aws:events:eu-west-2:222222222222:rule/mock" }
  }
  mock_resource "aws_lb" {
    defaults = {
      arn        = "arn:aws:elasticloadbalancing:eu-west-2:222222222222:loadbalancer/net/mock/5c0c0f6c7f6d4a0e"
      arn_suffix = "net/mock/5c0c0f6c7f6d4a0e"
      dns_name   = "mock.elb.eu-west-2.amazonaws.com"
    }
  }
  mock_resource "aws_lb_target_group" {
    defaults = {
      arn        = "arn:aws:elasticloadbalancing:eu-west-2:222222222222:targetgroup/mock/5c0c0f6c7f6d4a0e"
      arn_suffix = "targetgroup/mock/5c0c0f6c7f6d4a0e"
    }
  }
  mock_resource "aws_iam_instance_profile" {
    defaults = { arn = "arn:aws:iam::222222222222:instance-profile/mock" }
  }
  mock_resource "aws_secretsmanager_secret" {
    defaults = { arn = "arn:aws:secretsmanager:eu-west-2:222222222222:secret:mock-Ab12Cd" }
  }
  mock_resource "aws_launch_template" {
    defaults = { id = "lt-0123456789abcdef0", latest_version = 1 }
  }
  mock_resource "aws_vpc_endpoint" {
    defaults = { dns_entry = [{ dns_name = "vpce-mock.execute-api.eu-west-2.vpce.amazonaws.com", hosted_zone_id = "Z1" }] }
  }
  mock_data "aws_kms_public_key" {
    defaults = { public_key = "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEwdVJ0KtVaaXLwx7vjLvPX06VARyCKog/vBWgshXbSYuXU/18WkqyTH5meeadp7+ehNZZ9PVGQ0kUfE3BO2VY5Q==" }
  }
  mock_data "aws_iam_policy_document" {
    defaults = { json = "{\"Version\":\"2012-10-17\",\"Statement\":[]}" }
  }
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
      issuers = [
        { generation = "g1", issuingFingerprint = "aa", issuingCrlKey = "crl/g1-issuing.crl", rootFingerprint = "bb", rootCrlKey = "crl/g1-root.crl" },
        { generation = "g2", issuingFingerprint = "cc", issuingCrlKey = "crl/g2-issuing.crl", rootFingerprint = "dd", rootCrlKey = "crl/g2-root.crl" },
      ]
    }
  }
}

run "applied" {
  assert {
    condition     = aws_api_gateway_rest_api.rest-api.disable_execute_api_endpoint && aws_api_gateway_rest_api.rest-api.endpoint_configuration[0].types[0] == "REGIONAL"
    error_message = "the API answers beside its mTLS domain"
  }
  assert {
    condition     = aws_api_gateway_domain_name.domain_CA282C9B.mutual_tls_authentication[0].truststore_uri == "s3://external/truststore.pem" && aws_api_gateway_domain_name.domain_CA282C9B.mutual_tls_authentication[0].truststore_version == "version-1"
    error_message = "the domain does not pin the truststore version that the CA published"
  }
  assert {
    condition     = aws_api_gateway_domain_name.domain_CA282C9B.security_policy == "TLS_1_2"
    error_message = "another security policy than TLS_1_2"
  }
  assert {
    condition     = aws_api_gateway_authorizer.authorizer_A59D7805.authorizer_result_ttl_in_seconds == 0 && aws_api_gateway_authorizer.authorizer_A59D7805.identity_source == "" && aws_api_gateway_authorizer.authorizer_A59D7805.type == "REQUEST"
    error_message = "the authorizer caches, or the provider has filled in an identity source"
  }
  assert {
    condition     = aws_api_gateway_method.routes_post-api-method_D15B9654.authorization == "CUSTOM" && aws_api_gateway_method.routes_post-api-method_D15B9654.authorizer_id == aws_api_gateway_authorizer.authorizer_A59D7805.id
    error_message = "POST /api does not ask the authorizer"
  }
  assert {
    condition     = jsondecode(aws_s3_object.authorizer_policy-object_EA52D077.content).truststore == { bucket = "external", region = "eu-west-2", key = "truststore.pem", version = "version-1", sha256 = "hash-1" }
    error_message = "the authorizer does not pin the domain's truststore version"
  }
  assert {
    condition     = [for issuer in jsondecode(aws_s3_object.authorizer_policy-object_EA52D077.content).issuers : issuer.issuingFingerprint] == ["aa", "cc"]
    error_message = "the issuers do not arrive as a list of objects"
  }
  assert {
    condition     = length(jsondecode(aws_s3_object.authorizer_policy-object_EA52D077.content).rules) > 0
    error_message = "the policy has no rules"
  }
  assert {
    condition     = aws_lambda_function.authorizer_function_0D88CC7F.environment[0].variables.POLICY_SHA256 == sha256(aws_s3_object.authorizer_policy-object_EA52D077.content) && aws_lambda_function.authorizer_function_0D88CC7F.environment[0].variables.POLICY_VERSION == "policy-version"
    error_message = "the authorizer does not pin its policy by version and hash"
  }
  assert {
    condition     = aws_lambda_function.authorizer_function_0D88CC7F.environment[0].variables.API_ID == "restapi" && aws_lambda_function.authorizer_function_0D88CC7F.environment[0].variables.STAGE == aws_api_gateway_stage.stage_59CE5186.stage_name && aws_lambda_function.authorizer_function_0D88CC7F.environment[0].variables.DOMAIN_NAME == aws_api_gateway_domain_name.domain_CA282C9B.domain_name
    error_message = "the authorizer expects another API, stage or domain than the deployed ones"
  }
  assert {
    condition     = aws_lambda_permission.authorizer_function_gateway_B5B72203.source_arn == "arn:aws:execute-api:eu-west-2:222222222222:restapi/authorizers/authorizer"
    error_message = "the authorizer's permission is for another source"
  }
  assert {
    condition     = aws_lambda_permission.functions_api-response_routes-post-api_6A86AC76.source_arn == "arn:aws:execute-api:eu-west-2:222222222222:restapi/${aws_api_gateway_stage.stage_59CE5186.stage_name}/POST/api"
    error_message = "the function's permission is for another source"
  }
  assert {
    condition     = aws_api_gateway_base_path_mapping.domain_mapping_65AA253C.stage_name == aws_api_gateway_stage.stage_59CE5186.stage_name && aws_api_gateway_base_path_mapping.domain_mapping_65AA253C.domain_name == aws_api_gateway_domain_name.domain_CA282C9B.domain_name
    error_message = "the domain is not mapped to the stage"
  }
  assert {
    condition     = aws_route53_record.domain_record_65C3D9FD.type == "CNAME" && tolist(aws_route53_record.domain_record_65C3D9FD.records)[0] == "d-mock.execute-api.eu-west-2.amazonaws.com"
    error_message = "the name does not point at the domain's regional name"
  }
  assert {
    condition     = aws_route53_record.domain_certificate-proof_07075516.name == "_proof.mock.example.com" && aws_api_gateway_domain_name.domain_CA282C9B.regional_certificate_arn == aws_acm_certificate_validation.domain_certificate-valid_0EA45F7B.certificate_arn
    error_message = "the server certificate is used before it is validated"
  }
  assert {
    condition     = output.url == "https://${aws_api_gateway_domain_name.domain_CA282C9B.domain_name}"
    error_message = "the output names another address"
  }
}

run "a_new_truststore_version" {
  command = plan

  override_data {
    target = data.terraform_remote_state.trust_state_349F5AA5
    values = {
      outputs = {
        truststore_uri         = "s3://external/truststore.pem"
        truststore_version     = "version-2"
        truststore_sha256      = "hash-2"
        external_bucket        = "external"
        external_bucket_region = "eu-west-2"
        issuers                = []
      }
    }
  }

  assert {
    condition     = aws_api_gateway_domain_name.domain_CA282C9B.mutual_tls_authentication[0].truststore_version == "version-2" && jsondecode(aws_s3_object.authorizer_policy-object_EA52D077.content).truststore.version == "version-2"
    error_message = "domain and authorizer do not move to the new version together"
  }
  assert {
    # Known during the plan: in place, nothing is replaced and the API is not deployed anew.
    condition     = aws_api_gateway_stage.stage_59CE5186.deployment_id == aws_api_gateway_deployment.stage_deployment_AA68F2D4.id && aws_lambda_function.authorizer_function_0D88CC7F.arn == "arn:aws:lambda:eu-west-2:222222222222:function:mock"
    error_message = "a new truststore version replaces more than it should"
  }
}
