/** One mistake each in a stack that was sound: what the guards print, and that nothing is written. */
import { ApiGatewayMethod } from "@cdktf/provider-aws/lib/api-gateway-method/index.js";
import type { TerraformResource } from "cdktf";
import { ConfigError } from "#config/config-error.ts";
import { local } from "#config/environments/local/index.ts";
import type { ApiStack } from "#stacks/api-stack.ts";
import { refusedSynthesis } from "./synthesized.ts";

export type Kind = { readonly tfResourceType: string };

/** The one of its kind beside the private edge's, or the first that fits. */
export function only(stack: ApiStack, { tfResourceType }: Kind, fits = ""): TerraformResource {
  const found = stack.node
    .findAll()
    .filter((one) => (one as TerraformResource).terraformResourceType === tfResourceType)
    .filter((one) =>
      fits === "" ? !one.node.path.includes("/private-edge/") : one.node.path.includes(fits),
    );
  if (tfResourceType !== ApiGatewayMethod.tfResourceType && fits === "") expect(found).toHaveLength(1);
  return found[0] as TerraformResource;
}

export const override = (kind: Kind, path: string, value: unknown) => (stack: ApiStack) =>
  only(stack, kind).addOverride(path, value);
export const remove = (kind: Kind, path: string) => override(kind, path, undefined);

export interface Row {
  readonly mistake: string;
  readonly make: (stack: ApiStack) => unknown;
  readonly says: string;
  /** What follows from it; one when left out. */
  readonly mistakes?: number;
}

export function isRefused({ make, says, mistakes = 1 }: Row): void {
  const { error, written } = refusedSynthesis([local], { api: (stack) => void make(stack) });
  expect(error).toBeInstanceOf(ConfigError);
  expect((error as ConfigError).message).toMatch(
    new RegExp(`^stack "local-api": ${mistakes} mistakes?\n {2}- aws_`),
  );
  expect((error as ConfigError).message).toContain(says);
  expect(written).toEqual([]);
}
