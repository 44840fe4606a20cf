/**
 * The secret between NGINX and whoever is behind it, without a value: operators give it one, as at every rotation
 * (docs/private-edge.md). Terraform could not: its provider reads every version that it writes, and whoever deploys or
 * plans reads no secret.
 */
import { DataAwsIamPolicyDocument } from "@cdktf/provider-aws/lib/data-aws-iam-policy-document/index.js";
import { SecretsmanagerSecret } from "@cdktf/provider-aws/lib/secretsmanager-secret/index.js";
import { SecretsmanagerSecretPolicy } from "@cdktf/provider-aws/lib/secretsmanager-secret-policy/index.js";
import type { ITerraformDependable } from "cdktf";
import { Construct } from "constructs";
import { edgeRoles } from "#config/edge-roles.ts";
import { edgeSecretName } from "#contract/names.ts";
import type { EdgeScope } from "./edge-scope.ts";

export class EdgeSecret extends Construct {
  readonly arn: string;
  /** Until then everybody of the account could read it. */
  readonly ready: ITerraformDependable[];

  constructor(scope: Construct, id: string, props: EdgeScope) {
    super(scope, id);
    const { environment, api } = props;
    const secret = new SecretsmanagerSecret(this, "secret", {
      name: edgeSecretName(environment.name, api.name),
      description: `Proof that NGINX speaks, for the private API of ${props.name}`,
      // A sandbox is made anew under the same name.
      recoveryWindowInDays: environment.tier === "sandbox" ? 0 : 30,
    });
    this.arn = secret.arn;
    const policy = new SecretsmanagerSecretPolicy(this, "policy", {
      secretArn: secret.arn,
      policy: this.#readers(props),
      blockPublicPolicy: true,
    });
    this.ready = [policy];
  }

  /** Whatever else the account's people may read: not this. */
  #readers({ environment, api }: EdgeScope): string {
    return new DataAwsIamPolicyDocument(this, "readers", {
      statement: [
        {
          sid: "NobodyElseReads",
          effect: "Deny",
          actions: ["secretsmanager:GetSecretValue"],
          // In a secret's policy "*" means this secret.
          resources: ["*"],
          principals: [{ type: "*", identifiers: ["*"] }],
          condition: [
            { test: "ArnNotEquals", variable: "aws:PrincipalArn", values: edgeRoles(environment.name, api) },
          ],
        },
      ],
    }).json;
  }
}
