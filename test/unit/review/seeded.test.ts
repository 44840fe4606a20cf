/** One change each in a stack that was sound: what the review must say about it. */
import { resolve } from "node:path";
import { resourceTypes, typeName } from "#cli/review/resource-types.ts";
import type { Mark } from "#cli/review/trust-change.ts";
import { stacksHere } from "#cli/review/versions.ts";
import { inDocument, type Json, reviewOf, type Sample } from "./sample.ts";

/** Concern, mark, and what the line must name. */
type Seed = readonly [
  change: string,
  stack: Sample,
  make: (json: Json) => void,
  mark: Mark,
  concern: string,
  names: RegExp,
];

const only = (blocks: Json): Json => Object.values(blocks)[0];
const statement = (json: Json, document: string, sid: string): Json =>
  json.data.aws_iam_policy_document[document].statement.find((one: Json) => one.sid === sid);
const input = (change: (configuration: Json) => void) => (json: Json) =>
  inDocument(only(json.resource.aws_lambda_invocation), "input", (document) =>
    change(document.configuration),
  );
const content = (change: (document: Json) => void) => (json: Json) =>
  inDocument(only(json.resource.aws_s3_object), "content", change);
const attribute =
  (type: string, path: string, value: unknown) =>
  (json: Json): void => {
    const keys = path.split(".");
    const last = keys.pop() as string;
    const block = keys.reduce((inner, key) => inner[key], only(json.resource[type]));
    if (value === undefined) delete block[last];
    else block[last] = value;
  };
const remove = (type: string) => (json: Json) => {
  delete json.resource[type];
};

const authorities = "Certificate authorities and generations";
const certificates = "Certificates issued and revoked";
const rules = "Rules, tokens and revocation";
const domain = "Domain and truststore";

const seeds: readonly Seed[] = [
  // Authorities and generations
  [
    "a second generation is trusted",
    "dev-ca",
    input((c) =>
      c.generations.push({ id: "g2", status: "trusted", rootKeyArn: "@root", issuingKeyArn: "@issuing" }),
    ),
    "loosens",
    authorities,
    /generations\[g2\]/,
  ],
  [
    "a generation retires",
    "dev-ca",
    input((c) => {
      c.generations[0].status = "retired";
    }),
    "tightens",
    authorities,
    /`active` → `retired`/,
  ],
  [
    "a trusted generation disappears",
    "dev-ca",
    input((c) => {
      c.generations = [];
    }),
    "unjudged",
    authorities,
    /generations\[g1\]/,
  ],
  [
    "a generation gets another key",
    "dev-ca",
    input((c) => {
      c.generations[0].issuingKeyArn = "@root";
    }),
    "loosens",
    authorities,
    /issuingKeyArn/,
  ],
  [
    "a CRL may be believed for longer",
    "dev-ca",
    input((c) => {
      c.crl.lifetimeHours = 240;
    }),
    "loosens",
    authorities,
    /`24` → `240`/,
  ],
  [
    "CRLs come more often",
    "dev-ca",
    input((c) => {
      c.crl.publishEveryMinutes = 5;
    }),
    "tightens",
    authorities,
    /publishEveryMinutes/,
  ],
  [
    "the CA gets a setting that nobody knows",
    "dev-ca",
    input((c) => {
      c.anything = true;
    }),
    "unjudged",
    authorities,
    /configuration\.anything/,
  ],
  // Certificates
  [
    "certificates may live longer",
    "dev-ca",
    input((c) => {
      c.profiles.client.maxDays = 825;
    }),
    "loosens",
    certificates,
    /`397` → `825`/,
  ],
  [
    "a weak key type",
    "dev-ca",
    input((c) => {
      c.profiles.client.keyTypes.push("RSA-2048");
    }),
    "loosens",
    certificates,
    /keyTypes\[RSA-2048\]/,
  ],
  [
    "OU is no longer required",
    "dev-ca",
    input((c) => {
      c.profiles.client.subject.required.pop();
    }),
    "loosens",
    certificates,
    /required\[OU\]/,
  ],
  [
    "O is no longer fixed",
    "dev-ca",
    input((c) => {
      c.profiles.client.subject.fixed = {};
    }),
    "loosens",
    certificates,
    /fixed\.O/,
  ],
  [
    "server certificates too",
    "dev-ca",
    input((c) => {
      c.profiles.client.extendedKeyUsage.push("serverAuth");
    }),
    "loosens",
    certificates,
    /serverAuth/,
  ],
  [
    "a profile more",
    "dev-ca",
    input((c) => {
      c.profiles.wide = { maxDays: 1 };
    }),
    "loosens",
    certificates,
    /profiles\.wide/,
  ],
  [
    "a caller more",
    "dev-ca",
    input((c) => {
      c.callers.push({ name: "x", profiles: ["client"], names: ["*"], mayRevoke: true });
    }),
    "loosens",
    certificates,
    /callers\[x\]/,
  ],
  [
    "a caller may have any name",
    "dev-ca",
    input((c) => {
      c.callers[0].names.push("*");
    }),
    "loosens",
    certificates,
    /callers\[onboarding\]\.names\[\*\]/,
  ],
  [
    "a client more",
    "dev-ca",
    content((d) => {
      d.clients.b = { csr: "B", profile: "client" };
    }),
    "loosens",
    certificates,
    /clients\.b/,
  ],
  [
    "a client's other request",
    "dev-ca",
    content((d) => {
      d.clients["partner-a"].csr = "B";
    }),
    "loosens",
    certificates,
    /partner-a\.csr/,
  ],
  [
    "a client is released",
    "dev-ca",
    content((d) => {
      d.clients["partner-a"].released = true;
    }),
    "changes",
    certificates,
    /released/,
  ],
  [
    "a client is revoked",
    "dev-ca",
    content((d) => {
      d.revoked.push({ generation: "g1", serial: "0b", reason: "keyCompromise" });
    }),
    "tightens",
    certificates,
    /0b/,
  ],
  [
    "a revocation disappears",
    "dev-ca",
    content((d) => {
      d.revoked = [];
    }),
    "loosens",
    certificates,
    /revoked\[0a\]/,
  ],
  // Who may
  [
    "a new reader account",
    "dev-ca",
    (json) => {
      statement(json, "external_policy", "ApisRead").principals[0].identifiers.push(
        "arn:aws:iam::999999999999:root",
      );
    },
    "loosens",
    "Who may read and do what",
    /account 999999999999/,
  ],
  [
    "a reader role more",
    "dev-ca",
    (json) => {
      statement(json, "external_policy", "ApisRead").condition[0].values.push(
        "arn:aws:iam::444455556666:role/other",
      );
    },
    "loosens",
    "Who may read and do what",
    /role\/other/,
  ],
  [
    "a reader role less",
    "dev-ca",
    (json) => {
      statement(json, "external_policy", "ApisRead").condition[0].values.pop();
    },
    "tightens",
    "Who may read and do what",
    /role\/deploy/,
  ],
  [
    "the bucket's readers read everything",
    "dev-ca",
    (json) => {
      statement(json, "external_policy", "ApisRead").resources.push("arn:aws:s3:::dev-ca-external/*");
    },
    "loosens",
    "Who may read and do what",
    /dev-ca-external\/\*/,
  ],
  [
    "everybody reads",
    "dev-ca",
    (json) => {
      statement(json, "external_policy", "ApisRead").principals = [{ type: "AWS", identifiers: ["*"] }];
    },
    "loosens",
    "Who may read and do what",
    /everybody who meets the condition/,
  ],
  [
    "another role signs with the root",
    "dev-ca",
    (json) => {
      statement(json, "root_policy", "SignDigests").condition[0].values.push(
        "arn:aws:iam::111122223333:role/dev-ca-revoke",
      );
    },
    "loosens",
    "Who may sign",
    /dev-ca-revoke/,
  ],
  [
    "whole messages are signed",
    "dev-ca",
    (json) => {
      statement(json, "root_policy", "SignDigests").condition.pop();
    },
    "loosens",
    "Who may sign",
    /kms:Sign/,
  ],
  [
    "a role is exempt from the denial",
    "dev-ca",
    (json) => {
      statement(json, "root_policy", "NobodyElseSigns").condition[0].values.push(
        "arn:aws:iam::111122223333:role/evil",
      );
    },
    "loosens",
    "Who may sign",
    /no longer denied.*role\/evil/,
  ],
  [
    "an administrator may grant",
    "dev-ca",
    (json) => {
      statement(json, "root_policy", "Administration").actions.push("kms:CreateGrant");
    },
    "loosens",
    "Who may sign",
    /kms:CreateGrant/,
  ],
  [
    "a function may sign with the root",
    "dev-ca",
    (json) => {
      statement(json, "issue_permissions", "SignLeaves").resources.push(
        `\${aws_kms_key.g1_root_AAAA1111.arn}`,
      );
    },
    "loosens",
    "Who may sign",
    /\{g1\/root\}/,
  ],
  [
    "a function may delete",
    "dev-ca",
    (json) => {
      statement(json, "issue_permissions", "Ledger").actions.push("dynamodb:DeleteItem");
    },
    "loosens",
    "Who may read and do what",
    /dynamodb:DeleteItem/,
  ],
  [
    "any role of the account reads the state",
    "dev-ca",
    (json) => {
      delete json.data.aws_iam_policy_document.reader_trust.statement[0].condition;
    },
    "loosens",
    "Who may assume what",
    /no such condition|the other version/,
  ],
  [
    "a user assumes a function's role",
    "dev-ca",
    (json) => {
      json.data.aws_iam_policy_document.issue_trust.statement[0].principals.push({
        type: "AWS",
        identifiers: ["arn:aws:iam::111122223333:user/bob"],
      });
    },
    "loosens",
    "Who may assume what",
    /user\/bob/,
  ],
  [
    "a permission loses its source",
    "dev-ca",
    attribute("aws_lambda_permission", "source_arn", undefined),
    "loosens",
    "Who may invoke what",
    /events\.amazonaws\.com/,
  ],
  [
    "an access key",
    "dev-ca",
    (json) => {
      json.resource.aws_iam_access_key = { x: { user: "bob" } };
    },
    "loosens",
    "Who may assume what",
    /access key/,
  ],
  [
    "a public address of a function",
    "dev-ca",
    (json) => {
      json.resource.aws_lambda_function_url = { x: { authorization_type: "NONE" } };
    },
    "loosens",
    "Who may invoke what",
    /public address/,
  ],
  [
    "a managed policy",
    "dev-ca",
    (json) => {
      json.resource.aws_iam_role_policy_attachment = {
        x: { role: "r", policy_arn: "arn:aws:iam::aws:policy/AdministratorAccess" },
      };
    },
    "loosens",
    "Who may read and do what",
    /managed policy/,
  ],
  [
    "permissions move to another role",
    "dev-ca",
    attribute("aws_iam_role_policy", "role", "admin"),
    "loosens",
    "Protection",
    /`admin`/,
  ],
  // Rules, tokens, revocation
  [
    "a rule for everybody of a CN",
    "dev-api",
    content((d) => {
      d.rules.push({ name: "more", routes: "all", subject: { CN: { pattern: ".*" } } });
    }),
    "loosens",
    rules,
    /rules\[more\]/,
  ],
  [
    "a rule admits other clients",
    "dev-api",
    content((d) => {
      d.rules[0].subject.OU.equals = "Everybody";
    }),
    "loosens",
    rules,
    /`Partners` → `Everybody`/,
  ],
  [
    "a rule admits one value more",
    "dev-api",
    content((d) => {
      d.rules[1].subject.OU.oneOf.push("Guests");
    }),
    "loosens",
    rules,
    /Guests/,
  ],
  [
    "a rule loses a condition",
    "dev-api",
    content((d) => {
      delete d.rules[1].thumbprints;
    }),
    "loosens",
    rules,
    /rules\[staff\]\.thumbprints/,
  ],
  [
    "a rule gains a condition",
    "dev-api",
    content((d) => {
      d.rules[0].thumbprints = ["x"];
    }),
    "tightens",
    rules,
    /thumbprints/,
  ],
  [
    "a rule covers all routes",
    "dev-api",
    content((d) => {
      d.rules[0].routes = "all";
    }),
    "loosens",
    rules,
    /`all`/,
  ],
  [
    "a rule disappears",
    "dev-api",
    content((d) => {
      d.rules.pop();
    }),
    "tightens",
    rules,
    /rules\[staff\]/,
  ],
  [
    "revocation off",
    "dev-api",
    content((d) => {
      d.revocation = "off";
    }),
    "loosens",
    rules,
    /`off`/,
  ],
  [
    "revocation left out",
    "dev-api",
    content((d) => {
      delete d.revocation;
    }),
    "loosens",
    rules,
    /revocation/,
  ],
  [
    "old CRLs are believed",
    "dev-api",
    content((d) => {
      d.revocation.issuingMaxAgeSeconds = 86400;
    }),
    "loosens",
    rules,
    /`1800` → `86400`/,
  ],
  [
    "a longer outage",
    "dev-api",
    content((d) => {
      d.revocation.maxOutageSeconds = 3600;
    }),
    "loosens",
    rules,
    /maxOutageSeconds/,
  ],
  [
    "tokens are not bound",
    "dev-api",
    content((d) => {
      d.tokens.bound = false;
    }),
    "loosens",
    rules,
    /bound/,
  ],
  [
    "no tokens",
    "dev-api",
    content((d) => {
      delete d.tokens;
    }),
    "loosens",
    rules,
    /content\.tokens/,
  ],
  [
    "another issuer of tokens",
    "dev-api",
    content((d) => {
      d.tokens.issuer = "https://evil.example";
    }),
    "loosens",
    rules,
    /evil\.example/,
  ],
  [
    "another truststore in the policy",
    "dev-api",
    content((d) => {
      d.truststore.sha256 = "11";
    }),
    "loosens",
    rules,
    /sha256/,
  ],
  [
    "decisions are kept",
    "dev-api",
    attribute("aws_api_gateway_authorizer", "authorizer_result_ttl_in_seconds", 300),
    "loosens",
    rules,
    /`0` → `300`/,
  ],
  [
    "decisions are kept by default",
    "dev-api",
    attribute("aws_api_gateway_authorizer", "authorizer_result_ttl_in_seconds", undefined),
    "loosens",
    rules,
    /− `0`/,
  ],
  [
    "an identity source",
    "dev-api",
    attribute("aws_api_gateway_authorizer", "identity_source", "method.request.header.Authorization"),
    "loosens",
    rules,
    /Authorization/,
  ],
  [
    "the authorizer goes",
    "dev-api",
    remove("aws_api_gateway_authorizer"),
    "loosens",
    rules,
    /authorizer .* removed/,
  ],
  // Routes
  [
    "a route without authorizer",
    "dev-api",
    attribute("aws_api_gateway_method", "authorization", "NONE"),
    "loosens",
    "Routes",
    /POST \/api.*`NONE`/,
  ],
  [
    "a new route without authorizer",
    "dev-api",
    (json) => {
      json.resource.aws_api_gateway_method.get = {
        http_method: "GET",
        authorization: "NONE",
        resource_id: `\${aws_api_gateway_resource.path_AAAA1111.id}`,
      };
    },
    "loosens",
    "Routes",
    /GET \/api/,
  ],
  [
    "a new route",
    "dev-api",
    (json) => {
      json.resource.aws_api_gateway_method.get = {
        ...only(json.resource.aws_api_gateway_method),
        http_method: "GET",
      };
    },
    "changes",
    "Routes",
    /route `GET \/api` added/,
  ],
  [
    "no API key needed",
    "dev-api",
    attribute("aws_api_gateway_method", "api_key_required", false),
    "loosens",
    "Routes",
    /`true` → `false`/,
  ],
  [
    "answers are kept",
    "dev-api",
    attribute("aws_api_gateway_method_settings", "settings.caching_enabled", true),
    "loosens",
    "Routes",
    /caching_enabled/,
  ],
  // Domain
  [
    "execute-api opened",
    "dev-api",
    attribute("aws_api_gateway_rest_api", "disable_execute_api_endpoint", false),
    "loosens",
    domain,
    /execute-api/,
  ],
  [
    "execute-api opened by leaving it out",
    "dev-api",
    attribute("aws_api_gateway_rest_api", "disable_execute_api_endpoint", undefined),
    "loosens",
    domain,
    /execute-api/,
  ],
  [
    "no mutual TLS",
    "dev-api",
    attribute("aws_api_gateway_domain_name", "mutual_tls_authentication", undefined),
    "loosens",
    domain,
    /truststore/,
  ],
  [
    "the truststore's version is not pinned",
    "dev-api",
    attribute("aws_api_gateway_domain_name", "mutual_tls_authentication.truststore_version", undefined),
    "loosens",
    domain,
    /pinned version/,
  ],
  [
    "another truststore",
    "dev-api",
    attribute(
      "aws_api_gateway_domain_name",
      "mutual_tls_authentication.truststore_uri",
      "s3://other/truststore.pem",
    ),
    "loosens",
    domain,
    /s3:\/\/other/,
  ],
  [
    "old TLS",
    "dev-api",
    attribute("aws_api_gateway_domain_name", "security_policy", "TLS_1_0"),
    "loosens",
    domain,
    /TLS_1_0/,
  ],
  [
    "the CA's outputs from elsewhere",
    "dev-api",
    (json) => {
      only(json.data.terraform_remote_state).config.bucket = "mine";
    },
    "unjudged",
    domain,
    /`mine`/,
  ],
  // Firewall
  [
    "the firewall lets by default",
    "dev-api",
    attribute("aws_wafv2_web_acl", "default_action", { allow: {} }),
    "loosens",
    "Firewall",
    /allow/,
  ],
  [
    "the whole internet",
    "dev-api",
    attribute("aws_wafv2_ip_set", "addresses", ["203.0.113.0/24", "0.0.0.0/0"]),
    "loosens",
    "Firewall",
    /0\.0\.0\.0\/0/,
  ],
  [
    "a rule of the firewall goes",
    "dev-api",
    (json) => {
      only(json.resource.aws_wafv2_web_acl).rule.pop();
    },
    "loosens",
    "Firewall",
    /rule\[rate\]/,
  ],
  [
    "more calls in a window",
    "dev-api",
    (json) => {
      only(json.resource.aws_wafv2_web_acl).rule[1].statement.rate_based_statement.limit = 9000;
    },
    "loosens",
    "Firewall",
    /`1000` → `9000`/,
  ],
  [
    "the firewall stands before nothing",
    "dev-api",
    remove("aws_wafv2_web_acl_association"),
    "loosens",
    "Firewall",
    /removed/,
  ],
  // Protection
  [
    "no deletion protection",
    "dev-ca",
    attribute("aws_dynamodb_table", "deletion_protection_enabled", false),
    "loosens",
    "Protection",
    /deletion/,
  ],
  [
    "no recovery",
    "dev-ca",
    attribute("aws_dynamodb_table", "point_in_time_recovery", undefined),
    "loosens",
    "Protection",
    /restored/,
  ],
  [
    "Terraform may destroy the root key",
    "dev-ca",
    attribute("aws_kms_key", "lifecycle", undefined),
    "loosens",
    "Protection",
    /prevent_destroy/,
  ],
  [
    "a key is gone in a week",
    "dev-ca",
    attribute("aws_kms_key", "deletion_window_in_days", 7),
    "loosens",
    "Protection",
    /`30` → `7`/,
  ],
  [
    "the bucket may go with its content",
    "dev-ca",
    attribute("aws_s3_bucket", "force_destroy", true),
    "loosens",
    "Protection",
    /force_destroy/,
  ],
  [
    "public policies are possible",
    "dev-ca",
    attribute("aws_s3_bucket_public_access_block", "block_public_policy", false),
    "loosens",
    "Protection",
    /block_public_policy/,
  ],
  [
    "the block goes",
    "dev-ca",
    remove("aws_s3_bucket_public_access_block"),
    "loosens",
    "Protection",
    /public access block .* removed/,
  ],
  [
    "no versions",
    "dev-ca",
    attribute("aws_s3_bucket_versioning", "versioning_configuration.status", "Suspended"),
    "loosens",
    "Protection",
    /Suspended/,
  ],
  [
    "the bucket's policy goes",
    "dev-ca",
    remove("aws_s3_bucket_policy"),
    "loosens",
    "Protection",
    /bucket policy .* removed/,
  ],
  [
    "none of it: count",
    "dev-ca",
    attribute("aws_s3_bucket_public_access_block", "count", 0),
    "unjudged",
    "Protection",
    /count/,
  ],
  [
    "changes by others stay",
    "dev-ca",
    attribute("aws_kms_key", "lifecycle.ignore_changes", ["policy"]),
    "loosens",
    "Protection",
    /ignore_changes/,
  ],
  [
    "a command in the apply",
    "dev-ca",
    attribute("aws_kms_key", "provisioner", [{ "local-exec": { command: "id" } }]),
    "loosens",
    "Protection",
    /local-exec/,
  ],
  // Records, publishing, code, deployment
  [
    "logs for a shorter time",
    "dev-api",
    attribute("aws_cloudwatch_log_group", "retention_in_days", 1),
    "loosens",
    "Logs and alarms",
    /`30` → `1`/,
  ],
  [
    "logs for ever",
    "dev-api",
    attribute("aws_cloudwatch_log_group", "retention_in_days", undefined),
    "tightens",
    "Logs and alarms",
    /retention/,
  ],
  [
    "no access log",
    "dev-api",
    attribute("aws_api_gateway_stage", "access_log_settings", undefined),
    "loosens",
    "Logs and alarms",
    /where calls are recorded/,
  ],
  [
    "another format of the access log",
    "dev-api",
    attribute("aws_api_gateway_stage", "access_log_settings.format", "{}"),
    "unjudged",
    "Logs and alarms",
    /format/,
  ],
  [
    "payloads are logged",
    "dev-api",
    attribute("aws_api_gateway_method_settings", "settings.data_trace_enabled", true),
    "loosens",
    "Logs and alarms",
    /payloads/,
  ],
  [
    "an alarm tells nobody",
    "dev-api",
    attribute("aws_cloudwatch_metric_alarm", "actions_enabled", false),
    "loosens",
    "Logs and alarms",
    /told/,
  ],
  [
    "an alarm goes",
    "dev-api",
    remove("aws_cloudwatch_metric_alarm"),
    "loosens",
    "Logs and alarms",
    /alarm .* removed/,
  ],
  [
    "publishing stops",
    "dev-ca",
    attribute("aws_cloudwatch_event_rule", "state", "DISABLED"),
    "loosens",
    "Publishing",
    /DISABLED/,
  ],
  [
    "publishing is rarer",
    "dev-ca",
    attribute("aws_cloudwatch_event_rule", "schedule_expression", "rate(1 day)"),
    "unjudged",
    "Publishing",
    /rate\(1 day\)/,
  ],
  [
    "a function runs with another role",
    "dev-ca",
    attribute("aws_lambda_function", "role", "admin"),
    "unjudged",
    "Code",
    /`admin`/,
  ],
  [
    "a function talks to another AWS",
    "dev-ca",
    attribute("aws_lambda_function", "environment.variables.AWS_ENDPOINT_URL", "http://evil"),
    "loosens",
    "Code",
    /http:\/\/evil/,
  ],
  [
    "code of others",
    "dev-ca",
    attribute("aws_lambda_function", "layers", ["arn:aws:lambda:x"]),
    "loosens",
    "Code",
    /layers/,
  ],
  [
    "another account",
    "dev-ca",
    (json) => {
      json.provider.aws[0].allowed_account_ids.push("999999999999");
    },
    "loosens",
    "Deployment",
    /999999999999/,
  ],
  [
    "another deploying role",
    "dev-ca",
    (json) => {
      json.provider.aws[0].assume_role[0].role_arn = "x";
    },
    "unjudged",
    "Deployment",
    /`x`/,
  ],
  [
    "a state without encryption",
    "dev-ca",
    (json) => {
      delete json.terraform.backend.s3.encrypt;
    },
    "loosens",
    "Deployment",
    /encrypt/,
  ],
  [
    "another program",
    "dev-ca",
    (json) => {
      json.terraform.required_providers.external = { source: "evil/external" };
    },
    "unjudged",
    "Deployment",
    /evil\/external/,
  ],
  [
    "a module",
    "dev-ca",
    (json) => {
      json.module = { x: { source: "git::https://evil" } };
    },
    "unjudged",
    "Deployment",
    /git::https:\/\/evil/,
  ],
  [
    "a resource of an unknown type",
    "dev-ca",
    (json) => {
      json.resource.aws_new_thing = { x: { open: true } };
    },
    "unjudged",
    "Deployment",
    /aws_new_thing/,
  ],
];

test.each(seeds)("%s", (_change, stack, make, mark, concern, names) => {
  const { trust, attention } = reviewOf(stack, make);
  const found = trust.filter((one) => one.concern === concern && one.mark === mark);
  expect(found.map(({ text }) => text)).toContainEqual(expect.stringMatching(names));
  expect(attention > 0).toBe(mark === "loosens" || mark === "unjudged" || trust.some(isAlarm));
  if (mark === "changes" || mark === "tightens") expect(trust.filter(isAlarm)).toEqual([]);
});

const isAlarm = ({ mark }: { readonly mark: Mark }) => mark === "loosens" || mark === "unjudged";

test("every type of the committed stacks is known (a new one: cli/review/resource-types.ts)", () => {
  const all = stacksHere(resolve(__dirname, "../../.."));
  expect(all.length).toBeGreaterThan(0);
  const types = all.flatMap(({ blocks }) => [...blocks.values()].map(typeName));
  expect([...new Set(types)].filter((type) => !(type in resourceTypes))).toEqual([]);
});

test.each(["dev-ca", "dev-api"] as const)("%s unchanged: nothing", (stack) => {
  const { trust, stacks, attention } = reviewOf(stack, () => {});
  expect({ trust, attention }).toEqual({ trust: [], attention: 0 });
  expect(stacks).toEqual([{ name: stack, status: "same", resources: [], hasPlan: false }]);
});
