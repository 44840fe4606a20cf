/**
 * Why a check of the policy scan may fail: the only place. Each reason names resources (`*` stands for any part of a
 * name, the hash of the logical id left out); a reason that answers nothing is a mistake too.
 */
export interface Reason {
  /** checkov's id. */
  readonly check: string;
  /** Names as in the synthesized stacks, without the hash: `functions_ca-issue_function`. */
  readonly resources: readonly string[];
  /** Stacks by name, `*` for any part, `!` for all but those; all of them when left out. */
  readonly stacks?: readonly string[];
  readonly reason: string;
}

export const reasons: readonly Reason[] = [
  // Functions
  {
    check: "CKV_AWS_117",
    resources: ["*"],
    reason:
      "no VPC: the functions talk to AWS's own endpoints only, over TLS and signed; a network would add a way in, and a NAT that can fail",
  },
  {
    check: "CKV_AWS_115",
    resources: ["*"],
    reason:
      "no reserved concurrency: a limit on the authorizer would let one caller deny the others; calls are throttled at the stage",
  },
  {
    check: "CKV_AWS_116",
    resources: ["*"],
    reason:
      "no dead-letter queue: schedules come again, everything else is called synchronously and its caller sees the error",
  },
  {
    check: "CKV_AWS_272",
    resources: ["*"],
    reason:
      "no code signing: what is deployed is pinned by the hash of the reviewed build, and who may deploy could change the signing configuration too",
  },
  {
    check: "CKV_AWS_50",
    resources: ["*"],
    reason:
      "no X-Ray: the audit line has the time of each step; traces would hold a second copy of who called what",
  },
  {
    check: "CKV_AWS_173",
    resources: ["*"],
    reason: "the environment holds names and hashes only; secrets are read at run time from their store",
  },
  // Logs
  {
    check: "CKV_AWS_158",
    resources: ["*"],
    reason: "logs hold no secret, certificate or token (checked end to end); AWS's own encryption is on",
  },
  {
    check: "CKV_AWS_338",
    resources: ["*"],
    stacks: ["!production-*"],
    reason: "less than a year where there is no production",
  },
  {
    check: "CKV_AWS_338",
    resources: ["functions_ca-*"],
    stacks: ["production-ca"],
    reason:
      "half a year: what was issued and revoked, when and for whom stands in the ledger without an end; these logs are for finding faults",
  },
  // Buckets
  {
    check: "CKV_AWS_18",
    resources: ["external_bucket", "authorizer_policy_bucket", "backend-keys_jwks_bucket"],
    reason:
      "object-level events belong to the account's trail, which names the caller; server access logs may be lost and late",
  },
  {
    check: "CKV_AWS_144",
    resources: ["external_bucket", "authorizer_policy_bucket", "backend-keys_jwks_bucket"],
    reason: "no copy in another region: everything in it is made anew from ledger, keys and configuration",
  },
  {
    check: "CKV_AWS_145",
    resources: ["external_bucket", "authorizer_policy_bucket", "backend-keys_jwks_bucket"],
    reason:
      "SSE-S3: the CA's files are public by nature and must be readable across accounts without a key's policy; the authorizer's policy and the key set hold no secret",
  },
  {
    check: "CKV2_AWS_62",
    resources: ["external_bucket", "authorizer_policy_bucket", "backend-keys_jwks_bucket"],
    reason: "nobody acts on objects as they appear: the domain pins a version, the authorizer asks by itself",
  },
  {
    check: "CKV2_AWS_61",
    resources: ["authorizer_policy_bucket", "backend-keys_jwks_bucket"],
    reason: "old versions stay: a way back needs one of them, and there is one a deployment",
  },
  {
    check: "CKV_AWS_300",
    resources: ["external_lifecycle"],
    reason: "no upload has parts: every object is far below the size where one begins",
  },
  // Firewall
  {
    check: "CKV_AWS_192",
    resources: ["firewall_web-acl"],
    reason:
      "nothing behind it is Java: the functions are Node, and a managed rule group would read every request",
  },
  {
    check: "CKV2_AWS_77",
    resources: ["stage"],
    reason: "the same, from the stage's side",
  },
  // Ledger
  {
    check: "CKV_AWS_119",
    resources: ["ledger_table"],
    reason:
      "encrypted with AWS's key of the account: the ledger holds what stands in the certificates, and a lost key would be a lost ledger",
  },
  // Keys
  {
    check: "CKV_AWS_109",
    resources: [
      "g*_root-policy",
      "g*_issuing-policy",
      "backend-keys_*-policy",
      "notifications_topic_key-policy",
      "alarms_topic_key-policy",
      "engine_notifications_key-policy",
    ],
    reason:
      "a key policy must let the account administer the key; without Sign and CreateGrant, which are denied to all but the functions",
  },
  {
    check: "CKV_AWS_111",
    resources: [
      "g*_root-policy",
      "g*_issuing-policy",
      "backend-keys_*-policy",
      "notifications_topic_key-policy",
      "alarms_topic_key-policy",
      "engine_notifications_key-policy",
    ],
    reason: "a key policy's resource is always this key; what writes is administration without Sign",
  },
  {
    check: "CKV_AWS_356",
    resources: [
      "g*_root-policy",
      "g*_issuing-policy",
      "backend-keys_*-policy",
      "notifications_topic_key-policy",
      "alarms_topic_key-policy",
      "engine_notifications_key-policy",
    ],
    reason: "a key policy's resource is always this key",
  },
  // Private edge
  ...["CKV_AWS_18", "CKV_AWS_144", "CKV_AWS_145", "CKV2_AWS_62"].map((check) => ({
    check,
    resources: ["private-edge_network_flow-logs_store_bucket"],
    reason:
      "flow logs: addresses and ports, written by AWS alone, encrypted with SSE-S3, gone when the other logs are; whoever reads them stands in the account's trail",
  })),
  {
    check: "CKV_AWS_149",
    resources: ["private-edge_secret"],
    reason:
      "encrypted with AWS's key of the account; who may read it is said by its own policy, which denies everybody else",
  },
  {
    check: "CKV2_AWS_57",
    resources: ["private-edge_secret"],
    reason:
      "rotated by an operator's one command, two values at a time (docs/private-edge.md): a function that rotates could read it",
  },
  {
    check: "CKV_AWS_260",
    resources: ["private-edge_instances_from-health"],
    reason: "not from everywhere: from the load balancer's group alone, which checkov does not read",
  },
  {
    check: "CKV_AWS_91",
    resources: ["private-edge_balancer"],
    reason: "a TCP listener writes no access log: flow logs and NGINX's own log take its place",
  },
  {
    check: "CKV_AWS_150",
    resources: ["private-edge_balancer"],
    stacks: ["!production-*"],
    reason: "deletion protection where there is production",
  },
  ...["CKV_AWS_111", "CKV_AWS_356"].flatMap((check) =>
    ["private-edge_fleet_role_permissions", "boundary-document"].map((document) => ({
      ...{ check, resources: [document] },
      reason:
        "an instance's measures, by a condition on their namespace, and Session Manager's channels: AWS knows no resource for either",
    })),
  ),
  // Foundation: every statement without a resource of its own is named in test/synth/rules/foundation-wildcards.ts
  {
    check: "CKV_AWS_109",
    resources: ["deploy-document"],
    stacks: ["foundation-*"],
    reason:
      "a domain's truststore is a permission without a resource; roles get permissions within the boundary only",
  },
  {
    check: "CKV_AWS_111",
    resources: ["deploy-document"],
    stacks: ["foundation-*"],
    reason: "certificates, a domain's truststore and log delivery have ids or no resource at all",
  },
  {
    check: "CKV_AWS_111",
    resources: ["gateway-logging-document"],
    stacks: ["foundation-*"],
    reason: "the names of its groups and streams are API Gateway's; it may write logs and nothing else",
  },
  {
    check: "CKV_AWS_356",
    resources: [
      ...["deploy-document", "plan-document", "zone-deploy-document", "zone-plan-document"],
      ...["deploy-attached-document", "gateway-logging-document"],
    ],
    stacks: ["foundation-*"],
    reason:
      "reading configuration is often listing, and what has an id instead of a name cannot be named beforehand",
  },
  // API
  {
    check: "CKV_AWS_120",
    resources: ["stage", "private-edge_api_stage"],
    reason: "an answer kept for one client could be given to another",
  },
  {
    check: "CKV_AWS_225",
    resources: ["stage_settings", "private-edge_api_stage_settings"],
    reason: "an answer kept for one client could be given to another",
  },
  {
    check: "CKV_AWS_73",
    resources: ["stage", "private-edge_api_stage"],
    reason: "no X-Ray: the access log has the certificate, the decision and the times",
  },
  {
    check: "CKV_AWS_237",
    resources: ["rest-api", "private-edge_api_rest-api"],
    reason:
      "the API is never replaced by a change of ours; if it were, two of one name would confuse more than a gap",
  },
  {
    check: "CKV2_AWS_51",
    resources: ["stage", "private-edge_api_stage"],
    reason:
      "means a certificate of API Gateway towards a backend; clients prove theirs to the custom domain (mutual TLS)",
  },
  {
    check: "CKV2_AWS_53",
    resources: ["routes_*-method", "private-edge_api_private-routes_*-method"],
    reason:
      "checked where the route's row has a schema; elsewhere function or backend check their input, as they do beside a schema",
  },
  {
    check: "CKV2_AWS_29",
    resources: ["stage"],
    reason:
      "no web ACL where the configuration asks for none: without a certificate of ours nobody reaches the stage",
  },
];
