/** What the functions run, as what, and with what settings. Whoever changes the CA's functions is the CA. */
import { any, type Judge, must } from "../judges.ts";
import { rows } from "./row.ts";

/** A new setting that names a resource of the stack is how functions find each other. */
const setting: Judge = ({ before, after }) =>
  before === undefined && typeof after === "string" && /^\$\{[a-z0-9_]+\.[\w-]+\.\w+\}$/.test(after)
    ? "changes"
    : "unjudged";

export const code = [
  ...rows(
    "aws_lambda_function",
    "Code",
    ["role", "the role that the function runs with", any("unjudged")],
    ["filename", "where its code is from", any("unjudged")],
    ["source_code_hash", "by what its code is known", any("unjudged")],
    ["s3_bucket", "where its code is from", any("unjudged")],
    ["s3_key", "where its code is from", any("unjudged")],
    ["image_uri", "where its code is from", any("unjudged")],
    ["layers.**", "code of others", any("loosens")],
    ["handler", "where it begins", any("unjudged")],
    ["runtime", "runtime", any("changes")],
    ["environment.variables.NODE_OPTIONS", "options of Node", any("loosens")],
    ["environment.variables.NODE_EXTRA_CA_CERTS", "authorities that it trusts", any("loosens")],
    ["environment.variables.AWS_ENDPOINT_URL", "the AWS that it talks to", any("loosens")],
    ["environment.**", "its settings", setting],
    ["vpc_config.**", "its network", any("unjudged")],
  ),
  ...rows("aws_lambda_alias", "Code", ["**", "alias: what a caller's permission reaches", any("unjudged")]),
  ...rows(
    "aws_launch_template",
    "Code",
    ["image_id", "the image that instances run", any("unjudged")],
    ["user_data", "what instances are told", any("unjudged")],
    ["iam_instance_profile.**", "the role of instances", any("unjudged")],
    ["metadata_options.http_tokens", "credentials by IMDSv2 only", must("required", "optional")],
    ["metadata_options.**", "who gets an instance's credentials", any("unjudged")],
    ["block_device_mappings.**", "volumes", any("unjudged")],
    ["network_interfaces.**", "the network of instances", any("unjudged")],
    ["key_name", "key pair of instances", any("loosens")],
  ),
  // The object holds the code or the configuration of something.
  ...rows(
    "aws_s3_object",
    "Code",
    ["bucket", "where an object lies", any("unjudged")],
    ["key", "where an object lies", any("unjudged")],
  ),
];
