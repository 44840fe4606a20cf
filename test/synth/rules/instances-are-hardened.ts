/** An instance gives its credentials to its own processes only, keeps nothing in clear, and admits nobody by a key. */
import { at, type Json, resources, type Synthesized } from "../synthesized.ts";
import type { Rule } from "./rule.ts";

const template = "private-edge/fleet/template";

export const instancesAreHardened: Rule = {
  name: "instances are hardened",
  kinds: ["api"],
  check: (stack) => [
    ...["aws_instance", "aws_launch_configuration", "aws_spot_instance_request"]
      .flatMap((type) => resources(stack.json, type))
      .map(({ address }) => `${address}: instances come from a launch template`),
    ...resources(stack.json, "aws_launch_template").flatMap(({ address, attributes }) =>
      faults(attributes, stack).map((fault) => `${address}: ${fault}`),
    ),
    ...resources(stack.json, "aws_autoscaling_group")
      .filter(({ attributes }) => attributes.health_check_type !== "ELB")
      .map(({ address }) => `${address}: an instance whose NGINX is dead would stay`),
  ],
  controls: (
    [
      ["IMDSv1", (one) => (one.metadata_options.http_tokens = "optional")],
      [
        "credentials for whoever is routed through",
        (one) => (one.metadata_options.http_put_response_hop_limit = 2),
      ],
      ["no word about metadata", (one) => delete one.metadata_options],
      ["a volume in clear", (one) => (one.block_device_mappings[0].ebs.encrypted = "false")],
      ["a key pair", (one) => (one.key_name = "operators")],
      ["a public address", (one) => (one.network_interfaces[0].associate_public_ip_address = "true")],
      ["an image of anybody", (one) => (one.image_id = "ami-0123456789abcdef0")],
      ["user data from elsewhere", (one) => (one.user_data = "IyEvYmluL3No")],
    ] as readonly [string, (one: Json) => unknown][]
  ).map(([defect, make]) => ({
    defect,
    kind: "api" as const,
    make: (json: Json) => void make(at(json, "aws_launch_template", template)),
  })),
};

function faults(attributes: Json, { environment, name }: Synthesized): string[] {
  const { metadata_options: metadata = {}, block_device_mappings: volumes, network_interfaces } = attributes;
  const edge = environment.apis.find((api) => `${environment.name}-${api.name}` === name)?.privateEdge;
  const image = edge?.instances.image ?? "resolve:ssm:/aws/service/ami-amazon-linux-latest/";
  return [
    ...(metadata.http_tokens === "required" && metadata.http_put_response_hop_limit === 1
      ? []
      : ["IMDSv2, one hop"]),
    ...(volumes?.length > 0 && volumes.every(({ ebs }: Json) => ebs.encrypted === "true")
      ? []
      : ["encrypted volumes"]),
    ...(attributes.key_name === undefined ? [] : ["no key pair"]),
    ...(network_interfaces?.every((one: Json) => one.associate_public_ip_address === "false")
      ? []
      : ["no public address"]),
    ...(String(attributes.image_id).startsWith(image) ? [] : ["Amazon's image, or the configuration's"]),
    ...(/^\$\{base64encode\(local\.private-edge_fleet_user-data_[0-9A-F]+\)\}$/.test(attributes.user_data)
      ? []
      : ["user data of this stack"]),
  ];
}
