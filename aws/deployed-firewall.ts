/**
 * The web ACL of a stage as WAFv2 tells it, its IP sets resolved. What is not one of our own kinds of rule is named as
 * unknown, so that nobody takes it for harmless.
 */
import {
  GetIPSetCommand,
  GetWebACLForResourceCommand,
  type Rule,
  type Statement,
  WAFV2Client,
} from "@aws-sdk/client-wafv2";
import { type Connection, clientConfiguration } from "./connection.ts";

export interface DeployedWebAcl {
  readonly arn: string;
  readonly defaultAction: "allow" | "block";
  /** In the order in which they are asked. */
  readonly rules: readonly DeployedFirewallRule[];
}

export interface DeployedFirewallRule {
  readonly name: string;
  readonly action: "allow" | "block" | "count";
  readonly matches: FirewallStatement;
}

export type FirewallStatement =
  | { readonly kind: "addresses"; readonly ranges: readonly string[] }
  | { readonly kind: "rate"; readonly limit: number; readonly windowSeconds: number }
  /** Longer than so many bytes; a body beyond what WAF looks at counts as longer. */
  | { readonly kind: "body-longer"; readonly bytes: number }
  /** Rules of AWS's own, known by name only. */
  | { readonly kind: "managed"; readonly name: string }
  | { readonly kind: "unknown"; readonly what: string };

export class DeployedFirewalls {
  readonly #client: WAFV2Client;

  constructor(connection: Connection) {
    this.#client = new WAFV2Client(clientConfiguration(connection));
  }

  /** Undefined: the stage has none. */
  async read(stageArn: string): Promise<DeployedWebAcl | undefined> {
    const acl = await this.#webAcl(stageArn);
    if (!acl) return undefined;
    const sorted = [...(acl.Rules ?? [])].sort((a, b) => (a.Priority ?? 0) - (b.Priority ?? 0));
    return {
      arn: acl.ARN ?? "",
      // What is not plainly Allow blocks.
      defaultAction: acl.DefaultAction?.Allow ? "allow" : "block",
      rules: await Promise.all(sorted.map((one) => this.#rule(one))),
    };
  }

  async #webAcl(ResourceArn: string) {
    try {
      return (await this.#client.send(new GetWebACLForResourceCommand({ ResourceArn }))).WebACL;
    } catch (error) {
      if ((error as Error).name === "WAFNonexistentItemException") return undefined;
      throw error;
    }
  }

  async #rule(rule: Rule): Promise<DeployedFirewallRule> {
    const matches = await this.#statement(rule.Statement ?? {});
    const { Action, OverrideAction } = rule;
    const counts = Action?.Count !== undefined || OverrideAction?.Count !== undefined;
    return {
      name: rule.Name ?? "",
      action: counts ? "count" : Action?.Allow ? "allow" : "block",
      matches,
    };
  }

  async #statement(statement: Statement): Promise<FirewallStatement> {
    const kinds = Object.keys(statement).filter((key) => statement[key as keyof Statement] !== undefined);
    const unknown = { kind: "unknown", what: kinds.join(", ") || "nothing" } as const;
    if (kinds.length !== 1) return unknown;
    const {
      IPSetReferenceStatement: set,
      RateBasedStatement: rate,
      SizeConstraintStatement: size,
    } = statement;
    if (set?.ARN && !set.IPSetForwardedIPConfig) return this.#addresses(set.ARN);
    if (rate && rate.AggregateKeyType === "IP" && !rate.ScopeDownStatement)
      return { kind: "rate", limit: rate.Limit ?? 0, windowSeconds: rate.EvaluationWindowSec ?? 300 };
    const plain = size?.TextTransformations?.every(({ Type }) => Type === "NONE");
    if (size?.FieldToMatch?.Body?.OversizeHandling === "MATCH" && size.ComparisonOperator === "GT" && plain)
      return { kind: "body-longer", bytes: size.Size ?? 0 };
    const managed = statement.ManagedRuleGroupStatement;
    return managed ? { kind: "managed", name: managed.Name ?? "" } : unknown;
  }

  /** arn:aws:wafv2:REGION:ACCOUNT:regional/ipset/NAME/ID */
  async #addresses(arn: string): Promise<FirewallStatement> {
    const [, , Name = "", Id = ""] = (arn.split(":")[5] ?? "").split("/");
    const { IPSet } = await this.#client.send(new GetIPSetCommand({ Name, Id, Scope: "REGIONAL" }));
    return { kind: "addresses", ranges: IPSet?.Addresses ?? [] };
  }
}
