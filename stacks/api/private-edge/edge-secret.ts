/**
 * The secret between NGINX and whoever is behind it. Its value is made by Secrets Manager while Terraform applies and
 * goes from there into the secret: it is in no plan and in no state (an ephemeral value, a write-only argument).
 */
import { DataAwsIamPolicyDocument } from "@cdktf/provider-aws/lib/data-aws-iam-policy-document/index.js";
import { SecretsmanagerSecret } from "@cdktf/provider-aws/lib/secretsmanager-secret/index.js";
import { SecretsmanagerSecretPolicy } from "@cdktf/provider-aws/lib/secretsmanager-secret-policy/index.js";
import { SecretsmanagerSecretVersion } from "@cdktf/provider-aws/lib/secretsmanager-secret-version/index.js";
import { type ITerraformDependable, TerraformStack } from "cdktf";
import { Construct } from "constructs";
import { edgeSecretName, roleArn, roleNames } from "#contract/names.ts";
import type { EdgeScope } from "./edge-scope.ts";

export class EdgeSecret extends Construct {
  readonly arn: string;
  /** Until then it has no value, and everybody could be told it. */
  readonly ready: ITerraformDependable[];

  constructor(scope: Construct, id: string, props: EdgeScope) {
    super(scope, id);
    const { environment, api, settings } = props;
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
    const version = new SecretsmanagerSecretVersion(this, "value", {
      secretId: secret.id,
      secretStringWo: this.#random(),
      secretStringWoVersion: settings.edgeSecretVersion,
      dependsOn: [policy],
    });
    this.ready = [policy, version];
  }

  /** Whatever else the account's people may read: not this. */
  #readers({ environment, api, settings }: EdgeScope): string {
    const readers = [
      roleNames.edge(environment.name, api.name),
      ...(settings.urlToProxy ? [] : [roleNames.privateAuthorizer(environment.name, api.name)]),
    ].map((role) => roleArn(api.account, role));
    return new DataAwsIamPolicyDocument(this, "readers", {
      statement: [
        {
          sid: "NobodyElseReads",
          effect: "Deny",
          actions: ["secretsmanager:GetSecretValue"],
          // In a secret's policy "*" means this secret.
          resources: ["*"],
          principals: [{ type: "*", identifiers: ["*"] }],
          condition: [{ test: "ArnNotEquals", variable: "aws:PrincipalArn", values: readers }],
        },
      ],
    }).json;
  }

  /** CDKTF knows no ephemeral resources. */
  #random(): string {
    const type = "aws_secretsmanager_random_password";
    TerraformStack.of(this).addOverride(`ephemeral.${type}.edge-secret`, {
      password_length: 64,
      exclude_punctuation: true,
      include_space: false,
    });
    return `\${ephemeral.${type}.edge-secret.random_password}`;
  }
}
