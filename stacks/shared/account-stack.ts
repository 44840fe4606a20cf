/**
 * A stack in one account: its state, and the provider that works there, both through the environment's deploy role
 * (made by bootstrap), never with the caller's own permissions. Every role that it makes carries the boundary.
 *
 * With `-var access=plan` the provider works through the plan role, which reads only; the backend takes no variables
 * and is told by `-backend-config`.
 */
import { IamRole } from "@cdktf/provider-aws/lib/iam-role/index.js";
import { AwsProvider } from "@cdktf/provider-aws/lib/provider/index.js";
import { Aspects, TerraformStack, TerraformVariable } from "cdktf";
import type { Construct, IConstruct } from "constructs";
import type { Environment } from "#config/environment.ts";
import { accesses, accessVariable, boundaryArn, roleArn, roleNames } from "#contract/names.ts";
import { keepStateIn } from "./state.ts";

export interface AccountStackProps {
  readonly environment: Environment;
  readonly name: string;
  readonly account: string;
  readonly region: string;
  readonly state: { readonly bucket: string; readonly region: string };
}

interface ProviderRole {
  readonly role: (environment: string, access: string) => string;
  readonly alias?: string;
}

export class AccountStack extends TerraformStack {
  /** "deploy" or "plan", as Terraform is told: the end of a role's name. */
  readonly #access: string;
  readonly #environment: Environment;

  constructor(scope: Construct, props: AccountStackProps) {
    super(scope, props.name);
    const { environment, account, state } = props;
    const { name } = environment;
    this.#environment = environment;
    keepStateIn(this, {
      ...{ name: state.bucket, region: state.region },
      roleArn: roleArn(account, roleNames.deploy(name)),
    });
    this.#access = this.#variable();
    this.providerIn(account, props.region);
    Aspects.of(this).add({ visit: (node) => withinBoundary(node, boundaryArn(account, name)) });
  }

  /** Through a role that comes in both accesses; the environment's own when nothing is said. */
  protected providerIn(account: string, region: string, by?: ProviderRole): AwsProvider {
    const { name, tags } = this.#environment;
    const { alias, role } = by ?? { role: roleNames.worker };
    return new AwsProvider(this, alias ?? "aws", {
      ...{ region, ...(alias ? { alias } : {}) },
      assumeRole: [{ roleArn: roleArn(account, role(name, this.#access)) }],
      // Applying with the credentials of another environment fails before anything is touched.
      allowedAccountIds: [account],
      defaultTags: [{ tags: { ...tags } }],
    });
  }

  #variable(): string {
    const variable = new TerraformVariable(this, accessVariable, {
      ...{ type: "string", default: "deploy", nullable: false },
      description: "by which roles Terraform works: plan reads only",
    });
    variable.addValidation({
      condition: `\${contains(${JSON.stringify(accesses)}, var.${accessVariable})}`,
      errorMessage: `must be one of ${accesses.join(", ")}`,
    });
    return variable.stringValue;
  }
}

function withinBoundary(node: IConstruct, boundary: string): void {
  if (node instanceof IamRole && node.permissionsBoundaryInput === undefined)
    node.permissionsBoundary = boundary;
}
