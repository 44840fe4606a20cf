/** The door: domain name, mutual TLS, truststore and its version, certificates, DNS. */
import { any, guard, must, mustBeThere } from "../judges.ts";
import { rows } from "./row.ts";

const concern = "Domain and truststore";

export const domain = [
  ...rows(
    "aws_api_gateway_domain_name",
    concern,
    ["domain_name", "domain", any("loosens")],
    ["mutual_tls_authentication.truststore_uri", "truststore", mustBeThere("loosens")],
    [
      "mutual_tls_authentication.truststore_version",
      "pinned version of the truststore",
      mustBeThere("loosens"),
    ],
    ["security_policy", "TLS policy", must("TLS_1_2", "TLS_1_0")],
    ["endpoint_configuration.**", "kind of endpoint", any("unjudged")],
    ["regional_certificate_arn", "server certificate", any("changes")],
    ["certificate_arn", "server certificate", any("unjudged")],
    ["ownership_verification_certificate_arn", "proof that the domain is ours", guard],
    ["policy", "resource policy of the domain", any("unjudged")],
  ),
  ...rows(
    "aws_acm_certificate",
    concern,
    ["domain_name", "server certificate's name", any("changes")],
    ["**", "server certificate", any("changes")],
  ),
  ...rows("aws_api_gateway_base_path_mapping", concern, ["**", "what the domain shows", any("unjudged")]),
  ...rows("aws_route53_record", concern, ["**", "DNS record", any("changes")]),
  ...rows(
    "data.terraform_remote_state",
    concern,
    ["config.assume_role.role_arn", "role that reads the CA's outputs", any("unjudged")],
    ["**", "where the CA's outputs come from", any("unjudged")],
  ),
  ...rows(
    "data.aws_s3_object",
    concern,
    ["bucket", "object that is read", any("unjudged")],
    ["key", "object that is read", any("unjudged")],
  ),
];
