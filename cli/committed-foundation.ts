/**
 * What the committed Terraform says of an account's foundation: what `bootstrap` would make of it. Policies are read,
 * nothing is computed by Terraform in them.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { githubHost } from "#contract/names.ts";
import { type FoundPolicy, findPolicies } from "./review/policies/find-policies.ts";
import type { Policy } from "./review/policies/statement.ts";
import { type Block, parseStack, referencedAddresses, type Stack } from "./review/stack.ts";
import { CommandError } from "./terminal.ts";

export interface CommittedRole {
  readonly name: string;
  readonly trust: Policy;
  /** Its own policies, by name. */
  readonly policies: ReadonlyMap<string, Policy>;
  /** Managed policies of the foundation that it has, by name. */
  readonly attached: ReadonlyMap<string, Policy>;
}

export interface CommittedFoundation {
  readonly roles: readonly CommittedRole[];
  readonly boundary: Policy | undefined;
  /** For whom GitHub's tokens are; undefined where the stack makes no provider. */
  readonly audiences: readonly string[] | undefined;
}

/** Of this project's folder, in which every command stands. */
export function committedFoundation(stack: string): CommittedFoundation {
  const file = join("terraform", "stacks", stack, "cdk.tf.json");
  if (!existsSync(file)) throw new CommandError("not-synthesized", `${file} is not there: npm run synth`);
  return foundationIn(parseStack(stack, readFileSync(file, "utf8")));
}

export function foundationIn(stack: Stack): CommittedFoundation {
  const policies = findPolicies(stack);
  const policyOf = ({ address }: Block, attribute: string): Policy =>
    policies.get(`${address}.${attribute}`)?.policy ?? { opaque: `no ${attribute} at ${address}` };
  const inline = [...policies.values()].filter(({ holder }) => holder.type === "aws_iam_role_policy");
  const of = (type: string) => [...stack.blocks.values()].filter((block) => block.type === type);
  const managed = of("aws_iam_policy");
  const attachments = of("aws_iam_role_policy_attachment");
  const attachedTo = (role: Block) =>
    managed.filter((policy) =>
      attachments.some((one) => refersTo(one, "role", role) && refersTo(one, "policy_arn", policy)),
    );
  const boundary = managed.find((policy) => !attachments.some((one) => refersTo(one, "policy_arn", policy)));
  const github = of("aws_iam_openid_connect_provider").find(
    ({ attributes }) => attributes.url === `https://${githubHost}`,
  );
  return {
    roles: of("aws_iam_role").map((role) => ({
      name: String(role.attributes.name),
      trust: policyOf(role, "assume_role_policy"),
      policies: new Map(inline.filter(({ holder }) => refersTo(holder, "role", role)).map(namedPolicy)),
      attached: new Map(
        attachedTo(role).map((one) => [String(one.attributes.name), policyOf(one, "policy")] as const),
      ),
    })),
    boundary: boundary && policyOf(boundary, "policy"),
    audiences: github && [github.attributes.client_id_list].flat().map(String),
  };
}

const refersTo = ({ attributes }: Block, attribute: string, to: Block): boolean =>
  referencedAddresses(String(attributes[attribute])).includes(to.address);

const namedPolicy = ({ holder, policy }: FoundPolicy) => [String(holder.attributes.name), policy] as const;
