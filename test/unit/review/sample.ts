/** Two small stacks in the form of the synthesized ones: what the seeded changes are made in. */
import { type Review, review } from "#cli/review/review.ts";
import { parseStack, type Stack } from "#cli/review/stack.ts";

// biome-ignore lint/suspicious/noExplicitAny: Terraform's JSON has no schema of ours
export type Json = any;

const ca = "111122223333";
const api = "444455556666";
const about = (path: string) => ({ "//": { metadata: { path } } });
const ref = (expression: string) => `\${${expression}}`;
const role = (account: string, name: string) => `arn:aws:iam::${account}:role/${name}`;
const everybody = [{ type: "*", identifiers: ["*"] }];
const rootOf = (account: string) => [{ type: "AWS", identifiers: [`arn:aws:iam::${account}:root`] }];
const when = (test: string, variable: string, ...values: string[]) => [{ test, variable, values }];

const settings = (account: string) => ({
  provider: {
    aws: [
      {
        region: "eu-west-2",
        allowed_account_ids: [account],
        assume_role: [{ role_arn: role(account, "deploy") }],
      },
    ],
  },
  terraform: {
    backend: { s3: { bucket: `state-${account}`, key: "x.tfstate", encrypt: true, use_lockfile: true } },
    required_providers: { aws: { source: "aws", version: "5.100.0" } },
  },
});

const reconcileInput = {
  action: "apply",
  configuration: {
    environment: "dev",
    organization: "Example Ltd",
    generations: [{ id: "g1", status: "active", rootKeyArn: "@root", issuingKeyArn: "@issuing" }],
    profiles: {
      client: {
        maxDays: 397,
        keyTypes: ["P-256", "P-384"],
        subject: { allowed: ["CN", "OU"], required: ["CN", "OU"], fixed: { O: "Example Ltd" } },
        subjectAltNames: [],
        extendedKeyUsage: ["clientAuth"],
      },
    },
    crl: { lifetimeHours: 24, publishEveryMinutes: 10, rootLifetimeDays: 90 },
    callers: [{ name: "onboarding", profiles: ["client"], names: ["partner-*"], mayRevoke: false }],
  },
};

/** As synthesis writes it: references stand as JSON. */
export const asDocument = (value: unknown): string =>
  JSON.stringify(value).replace(
    /"@(\w+)"/g,
    (_all, key: string) => `\${jsonencode(aws_kms_key.g1_${key}_AAAA1111.arn)}`,
  );

export function caStack(): Json {
  const bucket = ref("aws_s3_bucket.external_bucket_AAAA1111.arn");
  const document = (path: string, statement: Json[]) => ({ ...about(`dev-ca/${path}`), statement });
  return {
    "//": { metadata: { stackName: "dev-ca" } },
    ...settings(ca),
    data: {
      aws_iam_policy_document: {
        external_policy: document("external/policy-document", [
          {
            sid: "TlsOnly",
            effect: "Deny",
            principals: everybody,
            actions: ["s3:*"],
            resources: [bucket, `${bucket}/*`],
            condition: when("Bool", "aws:SecureTransport", "false"),
          },
          {
            sid: "ApisRead",
            principals: rootOf(api),
            actions: ["s3:GetObject", "s3:GetObjectVersion"],
            resources: [`${bucket}/truststore.pem`, `${bucket}/crl/*`],
            condition: when(
              "ArnEquals",
              "aws:PrincipalArn",
              role(api, "dev-api-authorizer"),
              role(api, "deploy"),
            ),
          },
          {
            sid: "OnlyReconcileWrites",
            effect: "Deny",
            principals: everybody,
            actions: ["s3:PutObject"],
            resources: [`${bucket}/truststore.pem`],
            condition: when("ArnNotEquals", "aws:PrincipalArn", role(ca, "dev-ca-reconcile")),
          },
        ]),
        root_policy: document("g1/root-policy", [
          {
            sid: "Administration",
            principals: rootOf(ca),
            actions: ["kms:DescribeKey", "kms:PutKeyPolicy"],
            resources: ["*"],
          },
          {
            sid: "SignDigests",
            principals: rootOf(ca),
            actions: ["kms:Sign"],
            resources: ["*"],
            condition: [
              ...when("ArnEquals", "aws:PrincipalArn", role(ca, "dev-ca-reconcile")),
              ...when("StringEquals", "kms:MessageType", "DIGEST"),
            ],
          },
          {
            sid: "NobodyElseSigns",
            effect: "Deny",
            principals: [{ type: "AWS", identifiers: ["*"] }],
            actions: ["kms:Sign", "kms:CreateGrant"],
            resources: ["*"],
            condition: when("ArnNotEquals", "aws:PrincipalArn", role(ca, "dev-ca-reconcile")),
          },
        ]),
        issue_permissions: document("functions/ca-issue/permissions", [
          {
            sid: "OwnLog",
            actions: ["logs:CreateLogStream", "logs:PutLogEvents"],
            resources: [`${ref("aws_cloudwatch_log_group.issue_log_AAAA1111.arn")}:*`],
          },
          {
            sid: "Ledger",
            actions: ["dynamodb:GetItem", "dynamodb:PutItem"],
            resources: [ref("aws_dynamodb_table.ledger_AAAA1111.arn")],
          },
          { sid: "Leaves", actions: ["s3:PutObject"], resources: [`${bucket}/certs/*/*.pem`] },
          {
            sid: "SignLeaves",
            actions: ["kms:Sign"],
            resources: [ref("aws_kms_key.g1_issuing_AAAA1111.arn")],
          },
        ]),
        issue_trust: document("functions/ca-issue/trust", [
          {
            actions: ["sts:AssumeRole"],
            principals: [{ type: "Service", identifiers: ["lambda.amazonaws.com"] }],
          },
        ]),
        reader_trust: document("state-reader/trust", [
          {
            actions: ["sts:AssumeRole"],
            principals: rootOf(api),
            condition: when("ArnEquals", "aws:PrincipalArn", role(api, "deploy"), role(api, "plan")),
          },
        ]),
      },
    },
    resource: {
      aws_kms_key: {
        g1_root_AAAA1111: {
          ...about("dev-ca/g1/root"),
          description: "root",
          customer_master_key_spec: "ECC_NIST_P384",
          key_usage: "SIGN_VERIFY",
          deletion_window_in_days: 30,
          policy: ref("data.aws_iam_policy_document.root_policy.json"),
          lifecycle: { prevent_destroy: true },
        },
        g1_issuing_AAAA1111: {
          ...about("dev-ca/g1/issuing"),
          description: "issuing",
          customer_master_key_spec: "ECC_NIST_P256",
          key_usage: "SIGN_VERIFY",
          deletion_window_in_days: 30,
          policy: ref("data.aws_iam_policy_document.root_policy.json"),
        },
      },
      aws_s3_bucket: {
        external_bucket_AAAA1111: {
          ...about("dev-ca/external/bucket"),
          bucket: "dev-ca-external",
          force_destroy: false,
        },
      },
      aws_s3_bucket_policy: {
        external_policy_AAAA1111: {
          ...about("dev-ca/external/policy"),
          bucket: ref("aws_s3_bucket.external_bucket_AAAA1111.id"),
          policy: ref("data.aws_iam_policy_document.external_policy.json"),
        },
      },
      aws_s3_bucket_public_access_block: {
        external_block_AAAA1111: {
          ...about("dev-ca/external/no-public-access"),
          bucket: ref("aws_s3_bucket.external_bucket_AAAA1111.id"),
          block_public_acls: true,
          block_public_policy: true,
          ignore_public_acls: true,
          restrict_public_buckets: true,
        },
      },
      aws_s3_bucket_versioning: {
        external_versioning_AAAA1111: {
          ...about("dev-ca/external/versioning"),
          bucket: ref("aws_s3_bucket.external_bucket_AAAA1111.id"),
          versioning_configuration: { status: "Enabled" },
        },
      },
      aws_s3_object: {
        desired_AAAA1111: {
          ...about("dev-ca/desired-state"),
          bucket: "dev-ca-external",
          key: "desired-state.json",
          content: JSON.stringify({
            clients: { "partner-a": { csr: "A", profile: "client" } },
            revoked: [{ generation: "g1", serial: "0a", reason: "superseded" }],
          }),
        },
      },
      aws_dynamodb_table: {
        ledger_AAAA1111: {
          ...about("dev-ca/ledger/table"),
          name: "dev-ca-ledger",
          hash_key: "pk",
          range_key: "sk",
          deletion_protection_enabled: true,
          point_in_time_recovery: { enabled: true },
          server_side_encryption: { enabled: true },
        },
      },
      aws_cloudwatch_log_group: {
        issue_log_AAAA1111: {
          ...about("dev-ca/functions/ca-issue/log"),
          name: "/aws/lambda/dev-ca-issue",
          retention_in_days: 180,
        },
      },
      aws_cloudwatch_event_rule: {
        publish_AAAA1111: {
          ...about("dev-ca/functions/ca-publish-schedule"),
          name: "dev-ca-publish",
          schedule_expression: "rate(10 minutes)",
        },
      },
      aws_iam_role: {
        issue_role_AAAA1111: {
          ...about("dev-ca/functions/ca-issue/role"),
          name: "dev-ca-issue",
          assume_role_policy: ref("data.aws_iam_policy_document.issue_trust.json"),
        },
        reader_role_AAAA1111: {
          ...about("dev-ca/state-reader/role"),
          name: "dev-ca-state-reader",
          assume_role_policy: ref("data.aws_iam_policy_document.reader_trust.json"),
        },
      },
      aws_iam_role_policy: {
        issue_policy_AAAA1111: {
          ...about("dev-ca/functions/ca-issue/policy"),
          name: "dev-ca-issue",
          role: ref("aws_iam_role.issue_role_AAAA1111.name"),
          policy: ref("data.aws_iam_policy_document.issue_permissions.json"),
        },
      },
      aws_lambda_function: {
        issue_AAAA1111: {
          ...about("dev-ca/functions/ca-issue/function"),
          function_name: "dev-ca-issue",
          role: ref("aws_iam_role.issue_role_AAAA1111.arn"),
          runtime: "nodejs22.x",
          environment: { variables: { LEDGER_TABLE: ref("aws_dynamodb_table.ledger_AAAA1111.name") } },
        },
      },
      aws_lambda_permission: {
        schedule_AAAA1111: {
          ...about("dev-ca/functions/ca-publish/schedule"),
          action: "lambda:InvokeFunction",
          function_name: ref("aws_lambda_function.issue_AAAA1111.function_name"),
          principal: "events.amazonaws.com",
          source_arn: ref("aws_cloudwatch_event_rule.publish_AAAA1111.arn"),
        },
      },
      aws_lambda_invocation: {
        reconcile_AAAA1111: {
          ...about("dev-ca/hierarchy/reconcile"),
          function_name: "dev-ca-reconcile",
          input: asDocument(reconcileInput),
        },
      },
    },
    output: { truststore_uri: { value: "s3://dev-ca-external/truststore.pem" } },
  };
}

export const authorizerPolicy = {
  truststore: { bucket: "dev-ca-external", version: "v1", sha256: "00" },
  issuers: "@issuers",
  revocation: {
    issuingMaxAgeSeconds: 1800,
    rootMaxAgeSeconds: 7776000,
    refreshSeconds: 5,
    maxOutageSeconds: 60,
  },
  rules: [
    { name: "partners", routes: ["POST /api"], subject: { OU: { equals: "Partners" } } },
    {
      name: "staff",
      routes: "all",
      subject: { OU: { oneOf: ["Staff", "Operations"] } },
      thumbprints: ["abc"],
    },
  ],
  tokens: {
    kind: "jwt",
    issuer: "https://id.example.com",
    audience: "api",
    bound: true,
    answers: "policy",
    timeoutMilliseconds: 2000,
    clockToleranceSeconds: 5,
    keys: { url: "https://id.example.com/jwks" },
  },
};

export function apiStack(): Json {
  const restApi = ref("aws_api_gateway_rest_api.rest-api.id");
  return {
    ...settings(api),
    data: {
      terraform_remote_state: {
        trust_AAAA1111: {
          backend: "s3",
          config: {
            bucket: `state-${ca}`,
            key: "dev-ca.tfstate",
            assume_role: { role_arn: role(ca, "dev-ca-state-reader") },
          },
        },
      },
    },
    resource: {
      aws_api_gateway_rest_api: {
        "rest-api": {
          ...about("dev-api/rest-api"),
          name: "cloud-app-api",
          disable_execute_api_endpoint: true,
          endpoint_configuration: { types: ["REGIONAL"] },
        },
      },
      aws_api_gateway_resource: {
        path_AAAA1111: {
          ...about("dev-api/routes/path-api"),
          path_part: "api",
          parent_id: ref("aws_api_gateway_rest_api.rest-api.root_resource_id"),
          rest_api_id: restApi,
        },
      },
      aws_api_gateway_method: {
        post_AAAA1111: {
          ...about("dev-api/routes/post-api"),
          http_method: "POST",
          authorization: "CUSTOM",
          authorizer_id: ref("aws_api_gateway_authorizer.authorizer_AAAA1111.id"),
          api_key_required: true,
          resource_id: ref("aws_api_gateway_resource.path_AAAA1111.id"),
          rest_api_id: restApi,
        },
      },
      aws_api_gateway_authorizer: {
        authorizer_AAAA1111: {
          ...about("dev-api/authorizer/authorizer"),
          name: "client-certificate",
          type: "REQUEST",
          authorizer_result_ttl_in_seconds: 0,
          identity_source: "",
          authorizer_uri: ref("aws_lambda_function.authorizer_AAAA1111.invoke_arn"),
          rest_api_id: restApi,
        },
      },
      aws_api_gateway_domain_name: {
        domain_AAAA1111: {
          ...about("dev-api/domain/domain"),
          domain_name: "api.dev.example.com",
          security_policy: "TLS_1_2",
          mutual_tls_authentication: {
            truststore_uri: ref("data.terraform_remote_state.trust_AAAA1111.outputs.truststore_uri"),
            truststore_version: ref("data.terraform_remote_state.trust_AAAA1111.outputs.truststore_version"),
          },
        },
      },
      aws_api_gateway_method_settings: {
        settings_AAAA1111: {
          ...about("dev-api/stage/settings"),
          method_path: "*/*",
          settings: { data_trace_enabled: false, caching_enabled: false },
        },
      },
      aws_api_gateway_stage: {
        stage_AAAA1111: {
          ...about("dev-api/stage/stage"),
          stage_name: "dev",
          access_log_settings: {
            destination_arn: ref("aws_cloudwatch_log_group.access_AAAA1111.arn"),
            format: '{"id":"$context.requestId"}',
          },
        },
      },
      aws_cloudwatch_log_group: {
        access_AAAA1111: { ...about("dev-api/stage/access-log"), name: "/access", retention_in_days: 30 },
      },
      aws_cloudwatch_metric_alarm: {
        denied_AAAA1111: {
          ...about("dev-api/alarms/denied"),
          alarm_name: "denied",
          threshold: 5,
          alarm_actions: ["topic"],
        },
      },
      aws_lambda_function: {
        authorizer_AAAA1111: {
          ...about("dev-api/authorizer/function/function"),
          function_name: "dev-api-authorizer",
          runtime: "nodejs22.x",
          environment: { variables: { POLICY_SHA256: "00" } },
        },
      },
      aws_lambda_permission: {
        gateway_AAAA1111: {
          ...about("dev-api/authorizer/function/gateway"),
          action: "lambda:InvokeFunction",
          function_name: ref("aws_lambda_function.authorizer_AAAA1111.function_name"),
          principal: "apigateway.amazonaws.com",
          source_arn: `${ref("aws_api_gateway_rest_api.rest-api.execution_arn")}/authorizers/x`,
        },
      },
      aws_s3_object: {
        policy_AAAA1111: {
          ...about("dev-api/authorizer/policy-object"),
          bucket: "dev-api-policy",
          key: "authorizer-policy.json",
          content: asDocument(authorizerPolicy),
        },
      },
      aws_wafv2_web_acl: {
        acl_AAAA1111: {
          ...about("dev-api/firewall/acl"),
          name: "acl",
          scope: "REGIONAL",
          default_action: { block: {} },
          rule: [
            { name: "allowed", priority: 1, action: { allow: {} } },
            { name: "rate", priority: 0, statement: { rate_based_statement: { limit: 1000 } } },
          ],
        },
      },
      aws_wafv2_ip_set: {
        allowed_AAAA1111: {
          ...about("dev-api/firewall/allowed"),
          name: "allowed",
          addresses: ["203.0.113.0/24"],
        },
      },
      aws_wafv2_web_acl_association: {
        acl_AAAA1111: {
          ...about("dev-api/firewall/association"),
          resource_arn: ref("aws_api_gateway_stage.stage_AAAA1111.arn"),
          web_acl_arn: ref("aws_wafv2_web_acl.acl_AAAA1111.arn"),
        },
      },
    },
    output: { url: { value: "https://api.dev.example.com" } },
  };
}

export const samples = { "dev-ca": caStack, "dev-api": apiStack } as const;
export type Sample = keyof typeof samples;

export const stack = (name: string, json: Json): Stack => parseStack(name, JSON.stringify(json));

/** The review of one change in one of the samples. */
export function reviewOf(name: Sample, change: (json: Json) => void): Review {
  const [before, after] = [samples[name](), samples[name]()];
  change(after);
  return review([stack(name, before)], [stack(name, after)]);
}

/** Changes a JSON document that stands in an attribute. */
export function inDocument(holder: Json, attribute: string, change: (document: Json) => void): void {
  const text: string = holder[attribute];
  const marked = text.replace(/\$\{jsonencode\(aws_kms_key\.g1_(\w+?)_AAAA1111\.arn\)\}/g, '"@$1"');
  const document = JSON.parse(marked);
  change(document);
  holder[attribute] = asDocument(document);
}
