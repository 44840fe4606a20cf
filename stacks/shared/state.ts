/** Where a stack's state lies: encrypted, under S3's own lock. */
import { S3Backend, type TerraformStack } from "cdktf";
import { stateKey } from "#contract/names.ts";

export interface StateBucket {
  readonly name: string;
  readonly region: string;
  /** By which role; as whoever calls when left out. */
  readonly roleArn?: string;
}

export function keepStateIn(stack: TerraformStack, { name, region, roleArn }: StateBucket): void {
  const backend = new S3Backend(stack, {
    ...{ bucket: name, region, key: stateKey(stack.node.id), encrypt: true },
    ...(roleArn ? { assumeRole: { roleArn } } : {}),
  });
  // The construct has no property for it yet.
  backend.addOverride("use_lockfile", true);
  // 1.11: the first with that lock.
  stack.addOverride("terraform.required_version", ">= 1.11.0");
}
