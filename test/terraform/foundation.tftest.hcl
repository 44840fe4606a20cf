# An account's foundation, applied by Terraform itself with everything mocked; its policies as the real provider renders
# them: foundation-policies.tftest.hcl. Copied beside every foundation by terraform.test.ts.

mock_provider "aws" {
  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::111111111111:role/mock" }
  }
  mock_resource "aws_iam_policy" {
    defaults = { arn = "arn:aws:iam::111111111111:policy/mock" }
  }
  mock_data "aws_iam_policy_document" {
    defaults = { json = "{\"Version\":\"2012-10-17\",\"Statement\":[]}" }
  }
}

run "applied" {
}
