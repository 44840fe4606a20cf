/**
 * Root and issuing key of one generation, in KMS; their private halves never leave it.
 *
 * The key policy itself says who signs: administration for the account **without** Sign and CreateGrant, both
 * denied to everybody but the functions' roles, and to those only for digests. Whoever may put a key policy can
 * still undo that: such a change is alarmed, not prevented.
 */
import { DataAwsIamPolicyDocument } from "@cdktf/provider-aws/lib/data-aws-iam-policy-document/index.js";
import { KmsAlias } from "@cdktf/provider-aws/lib/kms-alias/index.js";
import { KmsKey } from "@cdktf/provider-aws/lib/kms-key/index.js";
import { Construct } from "constructs";
import type { Environment, KmsEnvironment } from "#config/environment.ts";
import { type CaFunction, caFunctionName, roleArn } from "#contract/names.ts";
import { keyAdministration } from "#stacks/shared/key-administration.ts";

type Generation = KmsEnvironment["ca"]["engine"]["generations"][number];

const rootSigners: readonly CaFunction[] = ["ca-reconcile"];
const issuingSigners: readonly CaFunction[] = ["ca-issue", "ca-publish"];

export interface GenerationKeysProps {
  readonly environment: Environment;
  readonly generation: Generation;
}

export class GenerationKeys extends Construct {
  readonly generation: Generation;
  readonly root: KmsKey;
  readonly issuing: KmsKey;

  constructor(scope: Construct, id: string, props: GenerationKeysProps) {
    super(scope, id);
    const { environment, generation } = props;
    this.generation = generation;
    this.root = this.#key("root", generation.rootKeySpec, rootSigners, environment);
    this.issuing = this.#key("issuing", generation.issuingKeySpec, issuingSigners, environment);
  }

  #key(
    which: "root" | "issuing",
    spec: string,
    signers: readonly CaFunction[],
    environment: Environment,
  ): KmsKey {
    const key = new KmsKey(this, which, {
      description: `${environment.name} CA, generation ${this.generation.id}, ${which} key`,
      customerMasterKeySpec: spec,
      keyUsage: "SIGN_VERIFY",
      deletionWindowInDays: environment.tier === "sandbox" ? 7 : 30,
      policy: this.#policy(which, signers, environment),
      ...(environment.tier === "production" ? { lifecycle: { preventDestroy: true } } : {}),
    });
    new KmsAlias(this, `${which}-alias`, {
      name: `alias/${environment.name}-ca-${this.generation.id}-${which}`,
      targetKeyId: key.keyId,
    });
    return key;
  }

  #policy(which: string, signers: readonly CaFunction[], { name, ca }: Environment): string {
    const account = [{ type: "AWS", identifiers: [`arn:aws:iam::${ca.account}:root`] }];
    const roles = signers.map((slug) => roleArn(ca.account, caFunctionName(name, slug)));
    // In a key policy "*" means this key.
    const resources = ["*"];
    return new DataAwsIamPolicyDocument(this, `${which}-policy`, {
      statement: [
        { sid: "Administration", actions: [...keyAdministration], principals: account, resources },
        {
          sid: "SignDigests",
          actions: ["kms:Sign"],
          principals: account,
          resources,
          condition: [
            { test: "ArnEquals", variable: "aws:PrincipalArn", values: roles },
            { test: "StringEquals", variable: "kms:MessageType", values: ["DIGEST"] },
          ],
        },
        {
          sid: "NobodyElseSigns",
          effect: "Deny",
          actions: ["kms:Sign", "kms:CreateGrant"],
          principals: [{ type: "AWS", identifiers: ["*"] }],
          resources,
          // A condition, not a principal: a role that is made anew would turn into an orphaned id.
          condition: [{ test: "ArnNotEquals", variable: "aws:PrincipalArn", values: roles }],
        },
      ],
    }).json;
  }
}
