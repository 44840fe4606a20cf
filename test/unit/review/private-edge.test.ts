/** One change each in the committed stack of `local`, which has a private edge: what the review says of it. */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { review } from "#cli/review/review.ts";
import type { Mark } from "#cli/review/trust-change.ts";
import { type Json, stack } from "./sample.ts";

const file = resolve(__dirname, "../../../terraform/stacks/local-api/cdk.tf.json");
const committed = (): Json => JSON.parse(readFileSync(file, "utf8"));
/** The block of a type whose construct ends so. */
const at = (json: Json, type: string, path: string): Json =>
  Object.values<Json>({ ...json.resource[type], ...json.data[type] }).find((one) =>
    one["//"].metadata.path.endsWith(`private-edge/${path}`),
  );
const gone = (json: Json, type: string, path: string) => {
  const own = at(json, type, path);
  const [name = ""] = Object.entries(json.resource[type]).find(([, one]) => one === own) ?? [];
  delete json.resource[type][name];
};
const settings = (json: Json, change: (text: string) => string) => {
  const [name = ""] = Object.keys(json.locals).filter((one) => one.includes("fleet_settings"));
  json.locals[name] = change(json.locals[name]);
};
const template = (json: Json) => at(json, "aws_launch_template", "fleet/template");

test.each<[string, (json: Json) => unknown, Mark, RegExp]>([
  [
    "more may connect",
    (json) =>
      (at(json, "aws_vpc_security_group_ingress_rule", "balancer/group/from-edge-1").cidr_ipv4 = "0.0.0.0/0"),
    "loosens",
    /0\.0\.0\.0\/0/,
  ],
  [
    "a load balancer on the internet",
    (json) => (at(json, "aws_lb", "balancer/balancer").internal = false),
    "loosens",
    /reachable from inside only/,
  ],
  [
    "TLS that ends before NGINX",
    (json) => (at(json, "aws_lb_listener", "balancer/edge-listener").protocol = "TLS"),
    "unjudged",
    /where a client's TLS ends/,
  ],
  ["IMDSv1", (json) => (template(json).metadata_options.http_tokens = "optional"), "loosens", /IMDSv2 only/],
  ["another image", (json) => (template(json).image_id = "ami-1"), "unjudged", /ami-1/],
  ["a key pair", (json) => (template(json).key_name = "somebody"), "loosens", /somebody/],
  [
    "another upstream in what instances are told",
    (json) => settings(json, (text) => text.replace('"pathPrefix":"/local"', '"pathPrefix":"/else"')),
    "unjudged",
    /NGINX's instances are told/,
  ],
  [
    "an endpoint for everybody's accounts",
    (json) => delete at(json, "aws_vpc_endpoint", "services/secretsmanager").policy,
    "unjudged",
    /who may use an endpoint/,
  ],
  [
    "an endpoint that takes over names",
    (json) => (at(json, "aws_vpc_endpoint", "api/endpoint").private_dns_enabled = true),
    "loosens",
    /everybody in the network is led to it/,
  ],
  [
    "public addresses",
    (json) => (at(json, "aws_subnet", "network/subnet-1").map_public_ip_on_launch = true),
    "loosens",
    /public addresses/,
  ],
  [
    "a way to the internet",
    (json) => (json.resource.aws_internet_gateway = { out: { vpc_id: "vpc-1" } }),
    "loosens",
    /way to the internet/,
  ],
  [
    "a secret that others may read",
    (json) => gone(json, "aws_secretsmanager_secret_policy", "secret/policy"),
    "loosens",
    /policy of a secret/,
  ],
  [
    "a private API that others reach",
    (json) => gone(json, "aws_api_gateway_rest_api_policy", "api/resource-policy"),
    "loosens",
    /who may reach a REST API/,
  ],
  [
    "an endpoint that leads elsewhere",
    (json) => gone(json, "aws_vpc_endpoint_policy", "api/endpoint-policy"),
    "loosens",
    /policy of an endpoint/,
  ],
  [
    "nobody sees who came",
    (json) => gone(json, "aws_flow_log", "network/flow-logs/log-1"),
    "loosens",
    /flow log/,
  ],
  [
    "a default group that is not closed",
    (json) => gone(json, "aws_default_security_group", "network/default-group"),
    "loosens",
    /closed default group/,
  ],
])("%s", (_, make, mark, says) => {
  const json = committed();
  make(json);
  const { trust, attention } = review([stack("local-api", committed())], [stack("local-api", json)]);
  const found = trust.filter((one) => one.mark === mark).map(({ text }) => text);
  expect(found).toContainEqual(expect.stringMatching(says));
  expect(attention).toBeGreaterThan(0);
});

test("unchanged, there is no news", () => {
  expect(review([stack("local-api", committed())], [stack("local-api", committed())])).toMatchObject({
    ...{ trust: [], attention: 0 },
  });
});
