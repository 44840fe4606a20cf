/**
 * The keys of backend tokens: in KMS, one active and, while they are exchanged, others whose public half is still or
 * already published; and the JWKS, an object that the configured principals may read.
 *
 * The key policies say who signs: the authorizer's role with the active key, digests only; nobody with another. There
 * is no public address for the JWKS: an API whose only way in is mutual TLS gets no second one for it.
 */
import { DataAwsIamPolicyDocument } from "@cdktf/provider-aws/lib/data-aws-iam-policy-document/index.js";
import { DataAwsKmsPublicKey } from "@cdktf/provider-aws/lib/data-aws-kms-public-key/index.js";
import { KmsAlias } from "@cdktf/provider-aws/lib/kms-alias/index.js";
import { KmsKey } from "@cdktf/provider-aws/lib/kms-key/index.js";
import { S3Object } from "@cdktf/provider-aws/lib/s3-object/index.js";
import { Construct } from "constructs";
import { hasPrivateApi } from "#config/edge-roles.ts";
import type { ApiEnvironment, Environment } from "#config/environment.ts";
import { type BackendPolicy, jwksKey } from "#contract/backend-token.ts";
import { jwksBucketName, roleArn, roleNames } from "#contract/names.ts";
import { keyAdministration } from "#stacks/shared/key-administration.ts";
import { PrivateBucket } from "#stacks/shared/private-bucket.ts";
import { publicKeyJwk } from "./public-key-jwk.ts";

type Backend = NonNullable<ApiEnvironment["backend"]>;
type Key = Backend["keys"][number];

export interface BackendKeysProps {
  readonly environment: Environment;
  readonly api: ApiEnvironment;
  readonly backend: Backend;
}

export class BackendKeys extends Construct {
  /** For the authorizer's policy. */
  readonly policy: BackendPolicy;
  /** The JWKS as JSON text. */
  readonly jwks: string;

  constructor(scope: Construct, id: string, props: BackendKeysProps) {
    super(scope, id);
    const { api, backend } = props;
    const keys = backend.keys.map((key) => ({ ...key, kms: this.#key(key, props) }));
    const active = keys.find(({ status }) => status === "active");
    // The configuration's schema has made sure of it.
    if (!active) throw new Error("no active key");
    this.policy = {
      keyArn: active.kms.arn,
      keyId: active.kms.keyId,
      issuer: `https://${api.domain}`,
      audience: backend.audience ?? backend.url,
    };
    this.jwks = this.#publish(
      keys.map(({ id: name, kms }) => this.#jwk(name, kms)),
      props,
    );
  }

  #key({ id, status }: Key, { environment, api }: BackendKeysProps): KmsKey {
    const key = new KmsKey(this, id, {
      description: `${environment.name} ${api.name}, backend tokens, key ${id}`,
      customerMasterKeySpec: "ECC_NIST_P256",
      keyUsage: "SIGN_VERIFY",
      deletionWindowInDays: environment.tier === "sandbox" ? 7 : 30,
      policy: this.#keyPolicy(id, status, environment, api),
    });
    new KmsAlias(this, `${id}-alias`, {
      name: `alias/${environment.name}-${api.name}-backend-${id}`,
      targetKeyId: key.keyId,
    });
    return key;
  }

  #keyPolicy(id: string, status: Key["status"], { name }: Environment, api: ApiEnvironment): string {
    const account = [{ type: "AWS", identifiers: [`arn:aws:iam::${api.account}:root`] }];
    const signers = authorizersOf(name, api);
    // In a key policy "*" means this key.
    const resources = ["*"];
    const everybody = { effect: "Deny", principals: [{ type: "AWS", identifiers: ["*"] }], resources };
    const signing = ["kms:Sign", "kms:CreateGrant"];
    const published = status === "published";
    return new DataAwsIamPolicyDocument(this, `${id}-policy`, {
      statement: [
        { sid: "Administration", actions: [...keyAdministration], principals: account, resources },
        ...(published
          ? [{ sid: "NobodySigns", actions: signing, ...everybody }]
          : [
              {
                sid: "SignDigests",
                actions: ["kms:Sign"],
                principals: account,
                resources,
                condition: [
                  { test: "ArnEquals", variable: "aws:PrincipalArn", values: signers },
                  { test: "StringEquals", variable: "kms:MessageType", values: ["DIGEST"] },
                ],
              },
              {
                sid: "NobodyElseSigns",
                actions: signing,
                ...everybody,
                condition: [{ test: "ArnNotEquals", variable: "aws:PrincipalArn", values: signers }],
              },
            ]),
      ],
    }).json;
  }

  #jwk(id: string, key: KmsKey): string {
    const { publicKey } = new DataAwsKmsPublicKey(this, `${id}-public`, { keyId: key.arn });
    return publicKeyJwk(this, `${id}-jwk`, { derBase64: publicKey, keyId: key.keyId });
  }

  #publish(keys: readonly string[], { environment, api, backend }: BackendKeysProps): string {
    const store = new PrivateBucket(this, "jwks", {
      bucketName: jwksBucketName(environment.name, api.name, api.account),
      destroyWithContent: environment.tier === "sandbox",
      statements: (arn) =>
        backend.readers.length === 0
          ? []
          : [
              {
                sid: "BackendsRead",
                actions: ["s3:GetObject"],
                resources: [`${arn}/${jwksKey}`],
                // Accounts as principals and who may come as condition: a role need not exist yet.
                principals: [
                  {
                    type: "AWS",
                    identifiers: [
                      ...new Set(backend.readers.map((one) => `arn:aws:iam::${one.split(":")[4]}:root`)),
                    ],
                  },
                ],
                condition: [
                  { test: "ArnEquals", variable: "aws:PrincipalArn", values: [...backend.readers] },
                ],
              },
            ],
    });
    const content = `{"keys":[${keys.join(",")}]}`;
    new S3Object(this, "jwks-object", {
      bucket: store.bucket.id,
      key: jwksKey,
      content,
      contentType: "application/jwk-set+json",
      dependsOn: store.ready,
    });
    return content;
  }
}

/** Whoever decides signs: the public authorizer, and the private API's where there is one. */
const authorizersOf = (environment: string, api: ApiEnvironment): string[] =>
  [
    roleNames.authorizer(environment, api.name),
    ...(hasPrivateApi(api) ? [roleNames.privateAuthorizer(environment, api.name)] : []),
  ].map((role) => roleArn(api.account, role));
