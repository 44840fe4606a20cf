/**
 * The web ACL of a stage, evaluated as WAF does: rules in order, the first that allows or blocks decides, then the
 * default. Addresses, rates by address and the length of a body are evaluated; AWS's managed rules are not (nobody
 * else knows them) and let everything on, which the gateway says when it reads them. A rule of another kind refuses
 * everybody.
 */
import { BlockList, isIPv6 } from "node:net";
import type { DeployedFirewallRule, DeployedWebAcl, FirewallStatement } from "#aws/deployed-firewall.ts";

export interface FirewallRequest {
  readonly sourceIp: string;
  readonly bodyBytes: number;
  readonly at: Date;
}

export type FirewallVerdict =
  | { readonly action: "allow" | "block"; readonly rule: string }
  | { readonly unknown: string };

export class Firewall {
  /** By ACL, rule and address: when it called, within the rule's window. */
  readonly #calls = new Map<string, number[]>();

  judge(acl: DeployedWebAcl, request: FirewallRequest): FirewallVerdict {
    const strange = acl.rules.find(({ matches }) => matches.kind === "unknown");
    if (strange) return { unknown: `rule ${strange.name}` };
    // Every rate counts every request that reaches it, whatever comes after.
    for (const rule of acl.rules)
      if (this.#matches(acl, rule, request) && rule.action !== "count")
        return { action: rule.action, rule: rule.name };
    return { action: acl.defaultAction, rule: "default" };
  }

  #matches(acl: DeployedWebAcl, { name, matches }: DeployedFirewallRule, request: FirewallRequest): boolean {
    switch (matches.kind) {
      case "addresses":
        return contains(matches.ranges, request.sourceIp);
      case "body-longer":
        return request.bodyBytes > Math.min(matches.bytes, inspectedBytes);
      case "rate":
        return this.#count(`${acl.arn} ${name} ${request.sourceIp}`, matches, request.at) > matches.limit;
      default:
        return false;
    }
  }

  /** Requests of this address within the window, this one included. */
  #count(key: string, { windowSeconds }: FirewallStatement & { kind: "rate" }, at: Date): number {
    const from = at.getTime() - windowSeconds * 1000;
    const calls = (this.#calls.get(key) ?? []).filter((time) => time > from);
    calls.push(at.getTime());
    this.#calls.set(key, calls);
    return calls.length;
  }
}

/** For a regional API, WAF looks at no more of a body. */
const inspectedBytes = 16_384;

function contains(ranges: readonly string[], address: string): boolean {
  const list = new BlockList();
  for (const range of ranges) {
    const [network = "", length] = range.split("/");
    list.addSubnet(network, Number(length), isIPv6(network) ? "ipv6" : "ipv4");
  }
  return list.check(address, isIPv6(address) ? "ipv6" : "ipv4");
}

/** What a run should know about a web ACL before it trusts an answer. */
export const unevaluatedRules = (acl: DeployedWebAcl): string[] =>
  acl.rules.flatMap(({ name, matches }) =>
    matches.kind === "managed" ? [`firewall rule ${name} (${matches.name}) is not evaluated here`] : [],
  );
