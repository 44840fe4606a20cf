/** The authorizer of the public API, and the policy data by which every authorizer of the API decides. */
import type { ApiGatewayAuthorizer } from "@cdktf/provider-aws/lib/api-gateway-authorizer/index.js";
import type { ApiGatewayRestApi } from "@cdktf/provider-aws/lib/api-gateway-rest-api/index.js";
import type { DataAwsIamPolicyDocumentStatement } from "@cdktf/provider-aws/lib/data-aws-iam-policy-document/index.js";
import { S3Object } from "@cdktf/provider-aws/lib/s3-object/index.js";
import { Fn, type ITerraformDependable } from "cdktf";
import { Construct } from "constructs";
import type { ApiEnvironment, Environment } from "#config/environment.ts";
import { type AuthorizerPolicy, policyKey } from "#contract/authorizer-policy.ts";
import { publishedArns } from "#contract/external-bucket.ts";
import { policyBucketName, roleNames, stackNames } from "#contract/names.ts";
import { sharedUsage, usageKeyValue } from "#contract/usage.ts";
import { jsonDocument } from "#stacks/shared/json-document.ts";
import { PrivateBucket } from "#stacks/shared/private-bucket.ts";
import type { BackendKeys } from "./backend-keys.ts";
import type { CaTrust } from "./ca-trust.ts";
import { addRequestAuthorizer } from "./request-authorizer.ts";
import { secretStatements, tokenPolicy } from "./token-policy.ts";

export interface AuthorizerProps {
  readonly environment: Environment;
  readonly api: ApiEnvironment;
  readonly restApi: ApiGatewayRestApi;
  readonly trust: CaTrust;
  /** Left out: the API has no backend. */
  readonly backendKeys?: BackendKeys | undefined;
}

export class Authorizer extends Construct {
  readonly authorizer: ApiGatewayAuthorizer;
  readonly policy: PinnedPolicy;
  /** What a deployment of the API waits for. */
  readonly ready: ITerraformDependable[];

  constructor(scope: Construct, id: string, props: AuthorizerProps) {
    super(scope, id);
    const { environment, api, restApi } = props;
    const policy = this.#policy(props);
    this.policy = policy;
    const added = addRequestAuthorizer(this, {
      ...{ api, restApi, slug: "authorizer" },
      functionName: roleNames.authorizer(environment.name, api.name),
      description: "Decides on every request: certificate, revocation, rules",
      environment: {
        API_ID: restApi.id,
        STAGE: api.stage,
        DOMAIN_NAME: api.domain,
        POLICY_BUCKET: policy.bucket,
        POLICY_KEY: policy.key,
        POLICY_VERSION: policy.versionId,
        POLICY_SHA256: policy.sha256,
      },
      statements: decisionStatements(props),
    });
    this.authorizer = added.authorizer;
    this.ready = added.ready;
  }

  #policy(props: AuthorizerProps): PinnedPolicy {
    const { environment, api, trust, backendKeys } = props;
    const { crl } = environment.ca;
    const store = new PrivateBucket(this, "policy", {
      bucketName: policyBucketName(environment.name, api.name, api.account),
      destroyWithContent: environment.tier === "sandbox",
    });
    // Values of the CA stack are references; the list of issuers is one as a whole.
    const policy: Omit<AuthorizerPolicy, "issuers"> & { issuers: unknown } = {
      truststore: trust.truststore,
      issuers: trust.output("issuers"),
      revocation:
        api.authorizer.revocation === "off"
          ? "off"
          : {
              issuingMaxAgeSeconds: crl.maxAgeMinutes * 60,
              rootMaxAgeSeconds: crl.rootLifetimeDays * 24 * 3600,
              refreshSeconds: api.authorizer.refreshSeconds,
              maxOutageSeconds: api.authorizer.maxOutageSeconds,
            },
      rules: counted(props),
      ...(api.authorizer.tokens ? { tokens: tokenPolicy(api.authorizer.tokens) } : {}),
      ...(backendKeys ? { backend: backendKeys.policy } : {}),
    };
    const content = jsonDocument(policy);
    const object = new S3Object(this, "policy-object", {
      bucket: store.bucket.id,
      key: policyKey,
      content,
      contentType: "application/json",
      dependsOn: store.ready,
    });
    return {
      bucket: store.bucket.bucket,
      key: policyKey,
      versionId: object.versionId,
      sha256: Fn.sha256(object.content),
      ready: store.ready,
    };
  }
}

/** The policy object as functions are told of it. */
export interface PinnedPolicy {
  readonly bucket: string;
  readonly key: string;
  readonly versionId: string;
  readonly sha256: string;
  /** What another object of the bucket waits for. */
  readonly ready: readonly ITerraformDependable[];
}

/** What any authorizer of the API may do: read its policy and the CA's files, sign for the backend, read its secret. */
export function decisionStatements({
  environment,
  api,
  backendKeys,
}: Pick<AuthorizerProps, "environment" | "api" | "backendKeys">): DataAwsIamPolicyDocumentStatement[] {
  return [
    {
      sid: "OwnPolicy",
      actions: ["s3:GetObject", "s3:GetObjectVersion"],
      resources: [`arn:aws:s3:::${policyBucketName(environment.name, api.name, api.account)}/${policyKey}`],
    },
    {
      sid: "CaPublicFiles",
      actions: ["s3:GetObject", "s3:GetObjectVersion"],
      resources: publishedArns(environment.name, environment.ca.account),
    },
    ...(backendKeys ? [signing(backendKeys)] : []),
    ...secretStatements(api),
  ];
}

/** The rules, each with the key under which its clients are counted. */
function counted({ environment, api }: AuthorizerProps): AuthorizerPolicy["rules"] {
  const stack = stackNames.api(environment.name, api.name);
  return api.authorizer.rules.map(({ quota, ...rule }) => ({
    ...(rule as AuthorizerPolicy["rules"][number]),
    ...(api.quotas ? { usageKey: usageKeyValue(stack, quota === undefined ? sharedUsage : rule.name) } : {}),
  }));
}

/** Backend tokens, with the active key and digests only, as the key's own policy says too. */
const signing = ({ policy }: BackendKeys) => ({
  sid: "BackendTokens",
  actions: ["kms:Sign"],
  resources: [policy.keyArn],
  condition: [{ test: "StringEquals", variable: "kms:MessageType", values: ["DIGEST"] }],
});
