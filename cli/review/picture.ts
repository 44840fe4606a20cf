/**
 * The two stacks of an environment as a Mermaid picture: keys, functions, bucket, ledger, door; who does what to
 * which, drawn from the policies. New is green, gone is red and dashed, changed is amber.
 */
import { findPolicies } from "./policies/find-policies.ts";
import type { Statement } from "./policies/statement.ts";
import { typeOf } from "./resource-types.ts";
import { type Block, emptyStack, referencedAddresses, type Stack } from "./stack.ts";
import { canonical } from "./tree.ts";

/** What is drawn, in Mermaid's shapes. */
const shapes: Readonly<Record<string, readonly [string, string]>> = {
  aws_kms_key: ["{{", "}}"],
  aws_lambda_function: ["[", "]"],
  aws_s3_bucket: ["[(", ")]"],
  aws_dynamodb_table: ["[(", ")]"],
  aws_api_gateway_domain_name: ["([", "])"],
  aws_api_gateway_authorizer: ["[/", "/]"],
  aws_wafv2_web_acl: ["[/", "/]"],
};

interface Drawn {
  readonly id: string;
  readonly stack: string;
  readonly block: Block;
  readonly state: State;
}
type State = "same" | "added" | "changed" | "removed";
interface Edge {
  readonly from: string;
  readonly to: string;
  readonly label: string;
}

/** `pairs`: before and after of each stack that belongs together. */
export function picture(
  pairs: readonly (readonly [before: Stack | undefined, after: Stack | undefined])[],
): string {
  const nodes = drawnBlocks(pairs);
  const [before, after] = [0, 1].map((side) =>
    edges(
      pairs.map((pair) => pair[side]),
      nodes,
    ),
  );
  const lines = ["flowchart LR"];
  for (const name of new Set(nodes.map(({ stack }) => stack))) {
    lines.push(`  subgraph ${groupId(name)}[${quoted(name)}]`);
    for (const node of nodes.filter(({ stack }) => stack === name)) lines.push(`    ${nodeLine(node)}`);
    lines.push("  end");
  }
  const all = new Map([...(before as Map<string, Edge>), ...(after as Map<string, Edge>)]);
  for (const [key, edge] of all)
    lines.push(`  ${edgeLine(edge, before?.has(key) ?? false, after?.has(key) ?? false)}`);
  for (const [state, style] of Object.entries(styles)) {
    const ids = nodes.filter((node) => node.state === state).map(({ id }) => id);
    if (ids.length > 0) lines.push(`  classDef ${state} ${style}`, `  class ${ids.join(",")} ${state}`);
  }
  return lines.join("\n");
}

const styles: Readonly<Record<Exclude<State, "same">, string>> = {
  added: "fill:#d4f4dd,stroke:#1a7f37,color:#000",
  changed: "fill:#fff3c4,stroke:#9a6700,color:#000",
  removed: "fill:#ffd7d5,stroke:#cf222e,stroke-dasharray:5 5,color:#000",
};

function drawnBlocks(pairs: Parameters<typeof picture>[0]): readonly Drawn[] {
  let count = 0;
  return pairs.flatMap(([before, after]) => {
    const name = (after ?? before)?.name ?? "";
    const [olds, news] = [before ?? emptyStack(name), after ?? emptyStack(name)];
    return [...new Map([...olds.blocks, ...news.blocks]).values()]
      .filter(({ type, kind }) => kind === "resource" && type in shapes)
      .map((block) => ({
        id: `n${++count}`,
        stack: name,
        block,
        state: stateOf(olds.blocks.get(block.address), news.blocks.get(block.address)),
      }));
  });
}

function stateOf(old: Block | undefined, now: Block | undefined): State {
  if (!old) return "added";
  if (!now) return "removed";
  return canonical(old.attributes) === canonical(now.attributes) ? "same" : "changed";
}

/** Who may do what to what is drawn: by function and target, the actions joined. */
function edges(stacks: readonly (Stack | undefined)[], nodes: readonly Drawn[]): Map<string, Edge> {
  const found = new Map<string, Edge>();
  for (const stack of stacks)
    if (stack)
      for (const { holder, policy } of findPolicies(stack).values())
        if (holder.type === "aws_iam_role_policy" && "statements" in policy)
          for (const from of functionsOf(stack, holder, nodes))
            for (const edge of policy.statements.flatMap((one) => edgesOf(stack, from, one, nodes)))
              found.set(`${edge.from}\n${edge.to}\n${edge.label}`, edge);
  for (const edge of authorizerEdges(stacks, nodes)) found.set(`${edge.from}\n${edge.to}`, edge);
  return found;
}

function functionsOf(stack: Stack, policy: Block, nodes: readonly Drawn[]): readonly string[] {
  const role = referencedAddresses(String(policy.attributes.role))[0];
  return nodes
    .filter((node) => node.stack === stack.name && node.block.type === "aws_lambda_function")
    .filter(({ block }) => referencedAddresses(String(block.attributes.role))[0] === role)
    .map(({ id }) => id);
}

function edgesOf(stack: Stack, from: string, statement: Statement, nodes: readonly Drawn[]): readonly Edge[] {
  if (statement.effect === "Deny") return [];
  const label = statement.actions.values.map((action) => action.replace(/^[^:]*:/, "")).join(", ");
  return statement.resources.values.flatMap((resource) => {
    const to = nodes.find((node) => isMeant(node, stack, resource));
    return to ? [{ from, to: to.id, label }] : [];
  });
}

/** By reference inside the stack, by the bucket's name across accounts. */
function isMeant({ stack, block }: Drawn, from: Stack, resource: string): boolean {
  if (stack === from.name) return referencedAddresses(resource).includes(block.address);
  const bucket = block.type === "aws_s3_bucket" ? String(block.attributes.bucket) : undefined;
  return bucket !== undefined && resource.split("/")[0] === `arn:aws:s3:::${bucket}`;
}

/** The door asks the authorizer, the authorizer its function. */
function authorizerEdges(stacks: readonly (Stack | undefined)[], nodes: readonly Drawn[]): readonly Edge[] {
  return stacks.flatMap((stack) => {
    const own = nodes.filter((node) => node.stack === stack?.name && stack.blocks.has(node.block.address));
    const [authorizer, door] = ["aws_api_gateway_authorizer", "aws_api_gateway_domain_name"].map((type) =>
      own.find(({ block }) => block.type === type),
    );
    if (!authorizer) return [];
    const target = referencedAddresses(String(authorizer.block.attributes.authorizer_uri))[0];
    const code = own.find(({ block }) => block.address === target);
    return [
      ...(door ? [{ from: door.id, to: authorizer.id, label: "asks" }] : []),
      ...(code ? [{ from: authorizer.id, to: code.id, label: "runs" }] : []),
    ];
  });
}

function nodeLine({ id, block }: Drawn): string {
  const [open, close] = shapes[block.type] as readonly [string, string];
  return `${id}${open}${quoted(`${typeOf(block)?.what ?? block.type} ${block.path}`)}${close}`;
}

function edgeLine({ from, to, label }: Edge, was: boolean, is: boolean): string {
  const text = quoted(`${was ? (is ? "" : "no longer: ") : "new: "}${label}`);
  return was && is
    ? `${from} -->|${text}| ${to}`
    : is
      ? `${from} ==>|${text}| ${to}`
      : `${from} -.->|${text}| ${to}`;
}

/** Not a bare name: `end` ends a group. */
const groupId = (name: string): string => `s_${name.replace(/[^\w]/g, "_")}`;

/** Mermaid knows no backslash: what could end or format a label becomes an entity. */
function quoted(text: string): string {
  return `"${text.replace(/[^\w ./:,*-]/g, (one) => `#${one.codePointAt(0)};`)}"`;
}
