/**
 * What the types of resources mean to a reviewer: what is lost with them, what replaces them, which of them are
 * themselves a protection or an access. A type that is not here is shown as unknown, and needs a person.
 */
import { type Block, referencedAddresses, type Stack } from "./stack.ts";
import { code } from "./text.ts";
import type { Concern } from "./trust-change.ts";

export interface ResourceType {
  readonly what: string;
  /** What is lost when one is destroyed or replaced. */
  readonly loss?: string;
  /** Attributes whose change makes AWS replace it (the provider's ForceNew). */
  readonly replacedBy?: readonly string[];
  /** One that goes is a protection lost; `of`: the attribute that names what it protects, which may go with it. */
  readonly guard?: { readonly concern: Concern; readonly of?: string };
  /** One that comes is an access given. */
  readonly access?: Concern;
  /** Coming and going is news about trust, without being an alarm. */
  readonly news?: Concern;
}

export const resourceTypes: Readonly<Record<string, ResourceType>> = {
  aws_kms_key: {
    what: "key",
    loss: "nothing is signed with it again: no certificate, no CRL",
    replacedBy: ["customer_master_key_spec", "key_usage", "multi_region", "custom_key_store_id"],
    news: "Certificate authorities and generations",
  },
  aws_kms_alias: { what: "key alias", replacedBy: ["name"] },
  aws_kms_grant: { what: "grant of a key", access: "Who may sign" },
  aws_s3_bucket: {
    what: "bucket",
    loss: "its objects and all their versions",
    replacedBy: ["bucket", "bucket_prefix", "object_lock_enabled"],
  },
  aws_s3_bucket_policy: {
    what: "bucket policy",
    replacedBy: ["bucket"],
    guard: { concern: "Protection", of: "bucket" },
  },
  aws_s3_bucket_public_access_block: {
    what: "public access block",
    replacedBy: ["bucket"],
    guard: { concern: "Protection", of: "bucket" },
  },
  aws_s3_bucket_versioning: {
    what: "versioning",
    replacedBy: ["bucket"],
    guard: { concern: "Protection", of: "bucket" },
  },
  aws_s3_bucket_ownership_controls: {
    what: "ownership of objects",
    replacedBy: ["bucket"],
    guard: { concern: "Protection", of: "bucket" },
  },
  aws_s3_bucket_server_side_encryption_configuration: {
    what: "encryption",
    replacedBy: ["bucket"],
    guard: { concern: "Protection", of: "bucket" },
  },
  aws_s3_bucket_lifecycle_configuration: { what: "lifecycle of objects" },
  aws_s3_bucket_logging: {
    what: "access log of a bucket",
    guard: { concern: "Logs and alarms", of: "bucket" },
  },
  aws_s3_bucket_acl: { what: "access list of a bucket", access: "Who may read and do what" },
  aws_s3_object: { what: "object", replacedBy: ["bucket", "key"], news: "Rules, tokens and revocation" },
  aws_dynamodb_table: {
    what: "table",
    loss: "its items: a ledger forgets what was issued and revoked",
    replacedBy: ["name", "hash_key", "range_key", "local_secondary_index"],
  },
  aws_api_gateway_domain_name: {
    what: "domain",
    loss: "no call arrives until it is back and DNS knows",
    replacedBy: ["domain_name"],
    news: "Domain and truststore",
  },
  aws_api_gateway_rest_api: {
    what: "REST API",
    loss: "its id, and with it whatever names it",
    news: "Domain and truststore",
  },
  aws_api_gateway_stage: {
    what: "stage",
    replacedBy: ["stage_name", "rest_api_id"],
    news: "Domain and truststore",
  },
  aws_api_gateway_deployment: { what: "deployment", replacedBy: ["triggers", "rest_api_id"] },
  aws_api_gateway_base_path_mapping: {
    what: "base path",
    replacedBy: ["domain_name"],
    news: "Domain and truststore",
  },
  aws_api_gateway_authorizer: {
    what: "authorizer",
    guard: { concern: "Rules, tokens and revocation" },
    news: "Rules, tokens and revocation",
  },
  aws_api_gateway_method: {
    what: "route",
    replacedBy: ["http_method", "resource_id", "rest_api_id"],
    news: "Routes",
  },
  aws_api_gateway_resource: { what: "path", replacedBy: ["parent_id", "rest_api_id"] },
  aws_api_gateway_integration: {
    what: "integration",
    replacedBy: ["http_method", "resource_id", "rest_api_id", "type"],
  },
  aws_api_gateway_integration_response: { what: "integration response" },
  aws_api_gateway_method_response: { what: "method response" },
  aws_api_gateway_method_settings: { what: "settings of methods" },
  aws_api_gateway_gateway_response: { what: "gateway response" },
  aws_api_gateway_model: { what: "model of a body" },
  aws_api_gateway_request_validator: { what: "validation of requests", guard: { concern: "Routes" } },
  aws_api_gateway_usage_plan: { what: "usage plan", guard: { concern: "Firewall" } },
  aws_api_gateway_usage_plan_key: { what: "key of a usage plan" },
  aws_api_gateway_api_key: { what: "API key" },
  aws_api_gateway_vpc_link: { what: "link into a network", news: "Firewall" },
  aws_api_gateway_account: { what: "logging role of the account" },
  aws_acm_certificate: {
    what: "server certificate",
    replacedBy: ["domain_name", "validation_method", "subject_alternative_names"],
  },
  aws_acm_certificate_validation: {
    what: "validation of a certificate",
    replacedBy: ["certificate_arn", "validation_record_fqdns"],
  },
  aws_route53_record: {
    what: "DNS record",
    replacedBy: ["name", "zone_id", "type"],
    news: "Domain and truststore",
  },
  aws_route53_zone: { what: "hosted zone", loss: "every name in it", replacedBy: ["name"] },
  aws_lambda_function: { what: "function", replacedBy: ["function_name"], news: "Code" },
  aws_lambda_alias: { what: "alias of a function", news: "Code" },
  aws_lambda_permission: {
    what: "permission to invoke",
    replacedBy: ["principal", "source_arn", "function_name", "action"],
  },
  aws_lambda_function_url: { what: "public address of a function", access: "Who may invoke what" },
  aws_lambda_invocation: {
    what: "invocation",
    replacedBy: ["input", "function_name", "triggers"],
    news: "Certificate authorities and generations",
  },
  aws_lambda_function_event_invoke_config: { what: "retries of a function" },
  aws_iam_role: { what: "role", replacedBy: ["name", "path"], news: "Who may assume what" },
  aws_iam_role_policy: { what: "permissions of a role", replacedBy: ["role", "name"] },
  aws_iam_policy: { what: "managed policy", replacedBy: ["name", "path"] },
  aws_iam_role_policy_attachment: { what: "managed policy of a role", access: "Who may read and do what" },
  aws_iam_policy_attachment: { what: "managed policy of many", access: "Who may read and do what" },
  aws_iam_user: { what: "user", access: "Who may assume what" },
  aws_iam_user_policy: { what: "permissions of a user", access: "Who may read and do what" },
  aws_iam_user_policy_attachment: { what: "managed policy of a user", access: "Who may read and do what" },
  aws_iam_group_policy: { what: "permissions of a group", access: "Who may read and do what" },
  aws_iam_access_key: { what: "access key", access: "Who may assume what" },
  aws_iam_user_login_profile: { what: "password of a user", access: "Who may assume what" },
  aws_iam_openid_connect_provider: { what: "identity provider", access: "Who may assume what" },
  aws_cloudwatch_log_group: {
    what: "log group",
    loss: "its records",
    replacedBy: ["name"],
    guard: { concern: "Logs and alarms" },
  },
  aws_cloudwatch_log_metric_filter: { what: "metric of a log", guard: { concern: "Logs and alarms" } },
  aws_cloudwatch_metric_alarm: {
    what: "alarm",
    replacedBy: ["alarm_name"],
    guard: { concern: "Logs and alarms" },
  },
  aws_cloudwatch_composite_alarm: { what: "alarm", guard: { concern: "Logs and alarms" } },
  aws_cloudwatch_dashboard: { what: "dashboard" },
  aws_cloudwatch_event_rule: { what: "event rule", replacedBy: ["name"], guard: { concern: "Publishing" } },
  aws_cloudwatch_event_target: {
    what: "event target",
    replacedBy: ["rule", "target_id"],
    guard: { concern: "Publishing" },
  },
  aws_cloudwatch_event_bus: { what: "event bus" },
  aws_cloudwatch_event_bus_policy: { what: "policy of an event bus" },
  aws_scheduler_schedule: { what: "schedule", guard: { concern: "Publishing" } },
  aws_cloudtrail: { what: "trail", guard: { concern: "Logs and alarms" } },
  aws_sns_topic: { what: "topic" },
  aws_sns_topic_policy: { what: "policy of a topic" },
  aws_sns_topic_subscription: { what: "subscription", news: "Logs and alarms" },
  aws_sqs_queue: { what: "queue" },
  aws_wafv2_web_acl: { what: "web ACL", guard: { concern: "Firewall" } },
  aws_wafv2_web_acl_association: {
    what: "web ACL before the API",
    replacedBy: ["resource_arn", "web_acl_arn"],
    guard: { concern: "Firewall" },
  },
  aws_wafv2_ip_set: {
    what: "list of addresses",
    replacedBy: ["name", "scope", "ip_address_version"],
    guard: { concern: "Firewall" },
  },
  aws_wafv2_web_acl_logging_configuration: {
    what: "log of the web ACL",
    guard: { concern: "Logs and alarms" },
  },
  aws_security_group: { what: "security group", news: "Firewall" },
  aws_security_group_rule: { what: "rule of a security group", access: "Firewall" },
  aws_vpc_security_group_ingress_rule: { what: "who may connect", access: "Firewall" },
  aws_vpc_security_group_egress_rule: { what: "whither may be connected" },
  aws_lb: { what: "load balancer", news: "Firewall" },
  aws_lb_listener: { what: "listener" },
  aws_lb_target_group: { what: "target group" },
  aws_secretsmanager_secret: { what: "secret", loss: "its value" },
  aws_secretsmanager_secret_policy: {
    what: "policy of a secret",
    guard: { concern: "Who may read and do what", of: "secret_arn" },
  },
  aws_vpc: { what: "network", loss: "everything in it", replacedBy: ["cidr_block"], news: "Firewall" },
  aws_subnet: { what: "subnet", replacedBy: ["vpc_id", "cidr_block", "availability_zone"] },
  aws_route_table: { what: "route table", replacedBy: ["vpc_id"], news: "Firewall" },
  aws_route_table_association: { what: "routes of a subnet" },
  aws_internet_gateway: { what: "way to the internet", access: "Firewall" },
  aws_nat_gateway: { what: "way out to the internet", access: "Firewall" },
  aws_default_security_group: {
    what: "closed default group of a network",
    guard: { concern: "Firewall", of: "vpc_id" },
  },
  aws_flow_log: { what: "flow log", guard: { concern: "Logs and alarms", of: "vpc_id" } },
  aws_vpc_endpoint: {
    what: "endpoint of a service in a network",
    replacedBy: ["vpc_id", "service_name"],
    news: "Firewall",
  },
  aws_vpc_endpoint_policy: {
    what: "policy of an endpoint",
    guard: { concern: "Firewall", of: "vpc_endpoint_id" },
  },
  aws_api_gateway_rest_api_policy: {
    what: "who may reach a REST API",
    guard: { concern: "Firewall", of: "rest_api_id" },
  },
  aws_iam_instance_profile: { what: "role of instances", news: "Who may assume what" },
  aws_launch_template: { what: "template of instances", replacedBy: ["name"], news: "Code" },
  aws_autoscaling_group: { what: "group of instances", replacedBy: ["name"] },
  aws_autoscaling_policy: { what: "scaling of a group" },
  aws_ssm_parameter: { what: "parameter" },
  aws_ssm_document: { what: "document of Systems Manager" },
  tls_private_key: {
    what: "private key in the state",
    loss: "nothing is signed with it again",
    replacedBy: ["algorithm", "ecdsa_curve", "rsa_bits"],
    access: "Certificate authorities and generations",
  },
  tls_self_signed_cert: { what: "root certificate", news: "Certificate authorities and generations" },
  tls_cert_request: { what: "certificate request" },
  tls_locally_signed_cert: { what: "certificate", news: "Certificates issued and revoked" },
  "data.aws_iam_policy_document": { what: "policy document" },
  "data.aws_route53_zone": { what: "hosted zone" },
  "data.terraform_remote_state": { what: "remote state" },
  "data.aws_s3_object": { what: "object" },
  "data.aws_kms_public_key": { what: "public key" },
  "data.aws_vpc": { what: "network" },
  "data.aws_ec2_managed_prefix_list": { what: "addresses of a service" },
  "data.aws_caller_identity": { what: "account" },
  "data.aws_region": { what: "region" },
  "data.aws_partition": { what: "partition" },
};

export const typeOf = (block: Block): ResourceType | undefined => resourceTypes[typeName(block)];
export const typeName = (block: Block): string => (block.kind === "data" ? `data.${block.type}` : block.type);

/** `route POST /api`, `key g1/root`. */
export function describeBlock(stack: Stack, block: Block): string {
  const what = typeOf(block)?.what ?? code(typeName(block));
  const route = block.type === "aws_api_gateway_method" ? routeOf(stack, block) : undefined;
  return `${what} ${code(route ?? block.path)}`;
}

/** Method and path, from the chain of path parts; undefined when the chain does not end at the API. */
export function routeOf(stack: Stack, method: Block): string | undefined {
  const parts: string[] = [];
  let next = String(method.attributes.resource_id);
  for (let depth = 0; depth < 20; depth++) {
    if (/\.root_resource_id\}$/.test(next)) return `${method.attributes.http_method} /${parts.join("/")}`;
    const parent = stack.blocks.get(referencedAddresses(next)[0] ?? "");
    if (parent?.type !== "aws_api_gateway_resource") return undefined;
    parts.unshift(String(parent.attributes.path_part));
    next = String(parent.attributes.parent_id);
  }
  return undefined;
}
