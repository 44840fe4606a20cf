/**
 * How tokens are checked, for the authorizer: its policy data, and the permission to read exactly the one secret
 * that is named there.
 */
import type { DataAwsIamPolicyDocumentStatement } from "@cdktf/provider-aws/lib/data-aws-iam-policy-document/index.js";
import type { ApiEnvironment } from "#config/environment.ts";
import { secretOf } from "#config/tokens.ts";
import type { SecretReference, TokenPolicy } from "#contract/token-policy.ts";

type Tokens = NonNullable<ApiEnvironment["authorizer"]["tokens"]>;
type Secret = NonNullable<ReturnType<typeof secretOf>>;

export function tokenPolicy(tokens: Tokens): TokenPolicy {
  switch (tokens.kind) {
    case "jwt":
      return tokens as TokenPolicy;
    case "introspection":
      return { ...tokens, client: { ...tokens.client, secret: reference(tokens.client.secret) } };
    case "authlete":
      return { ...tokens, secret: reference(tokens.secret) };
  }
}

const reference = ({ store, id }: Secret): SecretReference => ({ store, id });

/** Reading the secret, and decrypting it where it has a key of its own. */
export function secretStatements(api: ApiEnvironment): DataAwsIamPolicyDocumentStatement[] {
  const { tokens } = api.authorizer;
  const secret = tokens && secretOf(tokens as Parameters<typeof secretOf>[0]);
  if (!secret) return [];
  const { action, service } = stores[secret.store];
  const read = { sid: "TokenSecret", actions: [action], resources: [secretArn(api, secret)] };
  if (secret.kmsKeyArn === undefined) return [read];
  const via = `${service}.${api.region}.amazonaws.com`;
  const decrypt = {
    sid: "TokenSecretKey",
    actions: ["kms:Decrypt"],
    resources: [secret.kmsKeyArn],
    condition: [{ test: "StringEquals", variable: "kms:ViaService", values: [via] }],
  };
  return [read, decrypt];
}

const stores = {
  "secrets-manager": { action: "secretsmanager:GetSecretValue", service: "secretsmanager" },
  "parameter-store": { action: "ssm:GetParameter", service: "ssm" },
} as const;

/** Of a name, as policies know it: Secrets Manager ends an ARN in a hyphen and six characters of its own. */
export function secretArn(
  { region, account }: Pick<ApiEnvironment, "region" | "account">,
  { store, id }: Pick<Secret, "store" | "id">,
): string {
  if (id.startsWith("arn:")) return id;
  return store === "secrets-manager"
    ? `arn:aws:secretsmanager:${region}:${account}:secret:${id}-??????`
    : `arn:aws:ssm:${region}:${account}:parameter${id}`;
}
