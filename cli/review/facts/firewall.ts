/** Web ACL, address lists, security groups, usage plans: who reaches the API at all, and how often. */
import { any, grant, guard, higherIsLooser, type Judge, must, turned } from "../judges.ts";
import { canonical } from "../tree.ts";
import { rows } from "./row.ts";

const concern = "Firewall";

/** `default_action { block {} }` and `{ allow {} }`. */
const defaultAction: Judge = ({ before, after, isNew }) => {
  if (isNew) return undefined;
  const blocks = (value: unknown) =>
    canonical(value as never).includes('"block"') && !canonical(value as never).includes('"allow"');
  if (blocks(before) === blocks(after))
    return canonical(before) === canonical(after) ? undefined : "unjudged";
  return blocks(after) ? "tightens" : "loosens";
};

/** A list may admit or refuse: what is added may loosen, what is taken away may too. */
const address: Judge = ({ after, isNew }) =>
  isNew ? undefined : after === undefined ? "unjudged" : "loosens";

export const firewall = [
  ...rows(
    "aws_wafv2_web_acl",
    concern,
    ["default_action", "what happens to a call that no rule matches", defaultAction, "whole"],
    ["scope", "scope", any("unjudged")],
    ["rule[]", "rule", ({ after }) => (after === undefined ? "loosens" : "unjudged")],
    [
      "rule[].statement.rate_based_statement.limit",
      "calls in a window before an address is blocked",
      higherIsLooser(),
    ],
    ["rule[].**", "rule", any("unjudged")],
    ["rule.**", "rules", any("unjudged")],
  ),
  ...rows(
    "aws_wafv2_ip_set",
    concern,
    ["addresses[]", "address", address],
    ["addresses", "addresses", any("unjudged")],
  ),
  ...rows("aws_wafv2_web_acl_association", concern, [
    "**",
    "what the firewall stands before",
    any("unjudged"),
  ]),
  ...rows(
    "aws_security_group",
    concern,
    ["ingress[]", "who may connect", grant],
    ["ingress.**", "who may connect", any("loosens")],
    ["egress.**", "whither may be connected", any("changes")],
  ),
  ...["aws_security_group_rule", "aws_vpc_security_group_ingress_rule"].flatMap((type) =>
    rows(type, concern, ["**", "who may connect", any("loosens")]),
  ),
  ...rows(
    "aws_vpc_endpoint",
    concern,
    ["policy", "who may use an endpoint, and for what", any("unjudged")],
    ["private_dns_enabled", "everybody in the network is led to it", turned(false)],
    ["security_group_ids.**", "who may connect", any("unjudged")],
  ),
  ...rows("aws_subnet", concern, ["map_public_ip_on_launch", "public addresses", turned(false)]),
  ...rows("aws_lb_listener", concern, ["protocol", "where a client's TLS ends", any("unjudged")]),
  ...rows("aws_lb", concern, ["internal", "reachable from inside only", must(true, false)]),
  ...rows(
    "aws_api_gateway_usage_plan",
    concern,
    ["throttle_settings", "throttle of a class of clients", guard],
    ["quota_settings", "quota of a class of clients", guard],
    ["throttle_settings.rate_limit", "calls per second", higherIsLooser()],
    ["throttle_settings.burst_limit", "calls at once", higherIsLooser()],
    ["quota_settings.limit", "calls in a period", higherIsLooser()],
  ),
];
