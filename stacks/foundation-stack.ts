/**
 * What an account of an environment holds before its stacks come, and after they are gone: the roles that deploy,
 * plan and enter, the boundary of all roles that they make, API Gateway's logging. `bootstrap` applies it, with the
 * credentials of an administrator: no role in here may change anything of it.
 */
import { ApiGatewayAccount } from "@cdktf/provider-aws/lib/api-gateway-account/index.js";
import { IamOpenidConnectProvider } from "@cdktf/provider-aws/lib/iam-openid-connect-provider/index.js";
import { IamPolicy } from "@cdktf/provider-aws/lib/iam-policy/index.js";
import { IamRole } from "@cdktf/provider-aws/lib/iam-role/index.js";
import { IamRolePolicy } from "@cdktf/provider-aws/lib/iam-role-policy/index.js";
import { IamRolePolicyAttachment } from "@cdktf/provider-aws/lib/iam-role-policy-attachment/index.js";
import { AwsProvider } from "@cdktf/provider-aws/lib/provider/index.js";
import { TerraformStack } from "cdktf";
import type { Construct } from "constructs";
import type { Environment } from "#config/environment.ts";
import type { FoundationAccount } from "#config/foundation-accounts.ts";
import { boundaryName, githubHost, roleNames } from "#contract/names.ts";
import { boundaryStatements } from "./foundation/boundary.ts";
import { githubAudience } from "./foundation/entry.ts";
import { policyDocument } from "./foundation/policy-document.ts";
import { type FoundationRole, foundationRoles } from "./foundation/roles.ts";
import { keepStateIn } from "./shared/state.ts";

export interface FoundationStackProps {
  readonly environment: Environment;
  readonly at: FoundationAccount;
}

export class FoundationStack extends TerraformStack {
  readonly #props: FoundationStackProps;

  constructor(scope: Construct, props: FoundationStackProps) {
    super(scope, props.at.stack);
    this.#props = props;
    const { environment, at } = props;
    keepStateIn(this, at.buckets[0]);
    this.#provider(at.region);

    if (at.hasStacks) this.#boundary();
    const roles = foundationRoles(environment, at).map((role) => this.#role(role));
    if (at.isCa && environment.delivery?.github.provider === "made") this.#github();
    this.#gatewayLogging(
      roles.find(({ nameInput }) => nameInput === roleNames.gatewayLogging(environment.name)),
    );
  }

  /** Whoever calls: an administrator of the account. */
  #provider(region: string, alias?: string): AwsProvider {
    return new AwsProvider(this, alias ? `aws-${alias}` : "aws", {
      region,
      ...(alias ? { alias } : {}),
      // The credentials of another account fail before anything is touched.
      allowedAccountIds: [this.#props.at.account],
      defaultTags: [{ tags: { ...this.#props.environment.tags } }],
    });
  }

  #boundary(): void {
    const { environment, at } = this.#props;
    new IamPolicy(this, "boundary", {
      name: boundaryName(environment.name),
      description: `The most that a role of ${environment.name} may do`,
      policy: policyDocument(this, "boundary-document", boundaryStatements(environment, at.account)),
    });
  }

  #role({ id, name, description, trust, permissions, attached }: FoundationRole): IamRole {
    const role = new IamRole(this, id, {
      ...{ name, description, maxSessionDuration: 3600 },
      assumeRolePolicy: policyDocument(this, `${id}-trust`, [trust]),
    });
    new IamRolePolicy(this, `${id}-policy`, {
      ...{ name, role: role.name },
      policy: policyDocument(this, `${id}-document`, permissions),
    });
    if (attached) {
      const policy = new IamPolicy(this, `${id}-attached`, {
        name: attached.name,
        description: `${description}: the rest`,
        policy: policyDocument(this, `${id}-attached-document`, attached.permissions),
      });
      new IamRolePolicyAttachment(this, `${id}-attachment`, { role: role.name, policyArn: policy.arn });
    }
    return role;
  }

  #github(): void {
    new IamOpenidConnectProvider(this, "github", {
      url: `https://${githubHost}`,
      clientIdList: [githubAudience],
    });
  }

  #gatewayLogging(role: IamRole | undefined): void {
    if (!role) return;
    const { loggingRegions, region } = this.#props.at;
    for (const one of loggingRegions)
      new ApiGatewayAccount(this, `gateway-${one}`, {
        cloudwatchRoleArn: role.arn,
        ...(one === region ? {} : { provider: this.#provider(one, one) }),
      });
  }
}
