/**
 * A stack in one account: its state, and the provider that works there, both through the environment's deploy
 * role (made by bootstrap), never with the caller's own permissions.
 */
import { AwsProvider } from "@cdktf/provider-aws/lib/provider/index.js";
import { S3Backend, TerraformStack } from "cdktf";
import type { Construct } from "constructs";
import type { Environment } from "#config/environment.ts";
import { roleArn, roleNames, stateKey } from "#contract/names.ts";

export interface AccountStackProps {
  readonly environment: Environment;
  readonly name: string;
  readonly account: string;
  readonly region: string;
  readonly state: { readonly bucket: string; readonly region: string };
}

export class AccountStack extends TerraformStack {
  constructor(scope: Construct, props: AccountStackProps) {
    super(scope, props.name);
    const deployRole = roleArn(props.account, roleNames.deploy(props.environment.name));
    const backend = new S3Backend(this, {
      bucket: props.state.bucket,
      region: props.state.region,
      key: stateKey(props.name),
      encrypt: true,
      assumeRole: { roleArn: deployRole },
    });
    // S3's own lock; the construct has no property for it yet.
    backend.addOverride("use_lockfile", true);
    // 1.11: the first with that lock.
    this.addOverride("terraform.required_version", ">= 1.11.0");
    new AwsProvider(this, "aws", {
      region: props.region,
      assumeRole: [{ roleArn: deployRole }],
      // Applying with the credentials of another environment fails before anything is touched.
      allowedAccountIds: [props.account],
      defaultTags: [{ tags: { ...props.environment.tags } }],
    });
  }
}
