# What IAM gets of the roles that deploy and enter: rendered by the real provider, which needs no network for it.

provider "aws" {
  region                      = "eu-west-2"
  access_key                  = "none"
  secret_key                  = "none"
  skip_credentials_validation = true
  skip_requesting_account_id  = true
  skip_metadata_api_check     = true
}

run "rendered" {
  plan_options {
    target = [
      data.aws_iam_policy_document.entry-deploy-trust,
      data.aws_iam_policy_document.entry-plan-trust,
      data.aws_iam_policy_document.deploy-trust,
      data.aws_iam_policy_document.deploy-document,
      data.aws_iam_policy_document.plan-document,
      data.aws_iam_policy_document.boundary-document,
    ]
  }

  assert {
    condition = jsondecode(data.aws_iam_policy_document.entry-deploy-trust.json).Statement[0].Condition == {
      StringEquals = {
        "token.actions.githubusercontent.com:aud" = "sts.amazonaws.com"
        "token.actions.githubusercontent.com:sub" = "repo:example-org/mtls-api:environment:production"
      }
    }
    error_message = "the entry is open to more than one environment of one repository"
  }
  assert {
    condition     = jsondecode(data.aws_iam_policy_document.entry-plan-trust.json).Statement[0].Condition.StringEquals["token.actions.githubusercontent.com:sub"] == "repo:example-org/mtls-api:environment:production-plan"
    error_message = "who plans enters as somebody else"
  }
  assert {
    condition     = length(jsondecode(data.aws_iam_policy_document.deploy-trust.json).Statement[0].Condition.ArnEquals["aws:PrincipalArn"]) == 2
    error_message = "the deploy role is trusted by account alone"
  }
  assert {
    condition     = [for one in jsondecode(data.aws_iam_policy_document.deploy-document.json).Statement : one.Condition.StringEquals["iam:PermissionsBoundary"] if contains(flatten([one.Action]), "iam:CreateRole")] == ["arn:aws:iam::210987654321:policy/mtls-api-production-boundary"]
    error_message = "roles can be made without the boundary"
  }
  assert {
    condition     = alltrue([for one in jsondecode(data.aws_iam_policy_document.boundary-document.json).Statement : alltrue([for action in flatten([one.Action]) : !startswith(action, "iam:") && !startswith(action, "sts:")])])
    error_message = "the boundary lets roles make roles"
  }
  assert {
    condition     = length(data.aws_iam_policy_document.boundary-document.minified_json) < 6144 && length(data.aws_iam_policy_document.deploy-document.minified_json) < 10240 && length(data.aws_iam_policy_document.plan-document.minified_json) < 10240
    error_message = "a policy is longer than IAM takes"
  }
}
