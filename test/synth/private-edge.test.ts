/** The private edge as synthesized: what an instance is told, what differs by the configuration, who counts. */
import { environment } from "#config/environment.ts";
import { local } from "#config/environments/local/index.ts";
import { edgeMetricNamespace, edgeMetrics, edgePaths, parseEdgeSettings } from "#contract/private-edge.ts";
import { userDataHead } from "#edge/instance/user-data.ts";
import { at, committedStack, insideStack, type Json, resources, synthesize } from "./synthesized.ts";

const edges = ["local-api", "staging-api", "existing-api"].map((name) => committedStack(name));
const localOf = ({ locals }: Json, part: string): string =>
  Object.entries<string>(locals).find(([name]) => name.includes(`_${part}_`))?.[1] ?? "";

/** As Terraform would fill it in, with a value of each kind. */
function filled(text: string): string {
  return text
    .replace(/\$\{jsonencode\([^{}]*outputs\.issuers\)\}/g, JSON.stringify([issuer]))
    .replace(/\$\{jsonencode\(element\([^{}]*\)\.dns_name\)\}/g, '"vpce-1.execute-api.amazonaws.com"')
    .replace(/\$\{jsonencode\("\$\{[^{}]*\}([^"]*)"\)\}/g, '"api1$1"')
    .replace(/\$\{jsonencode\([^{}]*\)\}/g, '"value"');
}
const issuer = {
  generation: "g1",
  issuingFingerprint: "0",
  issuingCrlKey: "crl/g1-issuing.crl",
  rootFingerprint: "1",
  rootCrlKey: "crl/g1-root.crl",
};

describe.each(edges.map((stack) => [stack.name, stack] as const))("%s", (name, { json, environment: of }) => {
  const api = of.apis.find((one) => `${of.name}-${one.name}` === name);
  const { privateEdge } = api ?? {};

  test("an instance is told what the refresh program takes", () => {
    const settings = parseEdgeSettings(filled(localOf(json, "settings")));
    expect(settings).toMatchObject({
      serverNames: [privateEdge?.serverName],
      ...{ port: 443, healthPort: 80, refreshSeconds: 60 },
      maxAge: {
        issuingSeconds: of.ca.crl.maxAgeMinutes * 60,
        rootSeconds: of.ca.crl.rootLifetimeDays * 86_400,
      },
    });
    expect(settings.upstream).toEqual(
      privateEdge?.urlToProxy
        ? {
            address: "orders.backend.example.com",
            host: "orders.backend.example.com",
            port: 443,
            pathPrefix: "",
          }
        : {
            address: "vpce-1.execute-api.amazonaws.com",
            host: `api1.execute-api.${api?.region}.amazonaws.com`,
            port: 443,
            pathPrefix: `/${api?.stage}`,
          },
    );
    expect(settings.tokenEndpoint?.port).toBe(privateEdge?.tokenEndpoint?.port);
  });

  test("both authorizers and NGINX go by the same ages and issuers", () => {
    const settings = localOf(json, "settings");
    const { content } = at(json, "aws_s3_object", "authorizer/policy-object");
    for (const part of ["truststore_version", "truststore_sha256", "issuers"])
      for (const text of [settings, content]) expect(text).toContain(`.outputs.${part})`);
    expect(content).toContain(`"issuingMaxAgeSeconds":${of.ca.crl.maxAgeMinutes * 60}`);
  });

  test("user data is cloud-init's, fits, and holds nothing secret", () => {
    const text = localOf(json, "user-data");
    expect(text.startsWith(userDataHead)).toBe(true);
    const config = JSON.parse(filled(text.slice(userDataHead.length)));
    expect(config.packages).toEqual(
      privateEdge?.instances.image ? undefined : ["nginx", "nodejs22", "amazon-cloudwatch-agent"],
    );
    expect(config.runcmd[0]).toHaveLength(6);
    expect(config.runcmd.at(-2)).toEqual(["systemctl", "enable", "--now", "mtls-edge-refresh.timer"]);
    // 16 KB before Base64; the settings are in it in Base64.
    expect(text.length + filled(localOf(json, "settings")).length * 1.4).toBeLessThan(12_000);
    expect(text).not.toMatch(/BEGIN|SecretString|password/i);
  });

  test("the instances' groups are open for the load balancer only, and lead to what is named only", () => {
    const rules = (direction: string) =>
      resources(json, `aws_vpc_security_group_${direction}_rule`)
        .filter(({ attributes }) => insideStack(attributes).startsWith("private-edge/instances/"))
        .map(({ attributes }) => `${insideStack(attributes).split("/").pop()} ${attributes.from_port}`)
        .sort();
    const token = privateEdge?.tokenEndpoint ? ["from-token 8443"] : [];
    expect(rules("ingress")).toEqual(["from-edge 443", "from-health 80", ...token]);
    expect(rules("egress")).toEqual(
      [
        ...(privateEdge?.urlToProxy ? ["to-proxied-1 443"] : ["to-api 443"]),
        ...["to-s3 443", "to-services 443"],
        ...(privateEdge?.tokenEndpoint ? ["to-token-server-1 443"] : []),
      ].sort(),
    );
  });

  test("the load balancer spreads over the zones, and asks for /health on a port of its own", () => {
    const { enable_cross_zone_load_balancing: spreads } = at(
      json,
      "aws_lb",
      "private-edge/balancer/balancer",
    );
    expect(spreads).toBe(true);
    const targets = resources(json, "aws_lb_target_group");
    expect(targets).toHaveLength(privateEdge?.tokenEndpoint ? 2 : 1);
    for (const { attributes } of targets) {
      expect(attributes).toMatchObject({ protocol: "TCP", preserve_client_ip: "true" });
      expect(attributes.health_check).toMatchObject({ protocol: "HTTP", port: "80", path: "/health" });
    }
  });

  test("the fleet is as large as configured, grows by two measures, and is replaced one after the other", () => {
    const group = at(json, "aws_autoscaling_group", "private-edge/fleet/group");
    const { min, max, connections } = privateEdge?.instances ?? {};
    expect(group).toMatchObject({
      min_size: min,
      max_size: max,
      enabled_metrics: ["GroupInServiceInstances"],
    });
    expect(group.target_group_arns).toHaveLength(privateEdge?.tokenEndpoint ? 2 : 1);
    expect(group.instance_refresh).toMatchObject({
      strategy: "Rolling",
      preferences: { min_healthy_percentage: 100, auto_rollback: true },
    });
    const target = (path: string) =>
      at(json, "aws_autoscaling_policy", `private-edge/scaling/${path}`).target_tracking_configuration;
    expect(target("processor")).toMatchObject({
      predefined_metric_specification: { predefined_metric_type: "ASGAverageCPUUtilization" },
    });
    const { target_value, customized_metric_specification: measured } = target("connections");
    expect(target_value).toBe(connections);
    // One number comes out: the metrics of which it is computed are not told.
    expect(measured.metrics.map((one: Json) => [one.id, one.return_data])).toEqual([
      ...[
        ["connections", false],
        ["instances", false],
      ],
      ["each", true],
    ]);
    expect(measured.metrics[2].expression).toBe("connections / instances");
    expect(measured.metrics[1].metric_stat.metric.metric_name).toBe("GroupInServiceInstances");
  });

  test("every log that the agent sends has its group, and every measure its filter where there are alarms", () => {
    const sent = JSON.parse(filled(localOf(json, "user-data").slice(userDataHead.length))).write_files.find(
      ({ path }: Json) => path === edgePaths.agent,
    ).content;
    const groups = JSON.parse(sent).logs.logs_collected.files.collect_list.map(
      (one: Json) => one.log_group_name,
    );
    const made = resources(json, "aws_cloudwatch_log_group").map(({ attributes }) => attributes.name);
    expect(made).toEqual(expect.arrayContaining(groups));
    const namespace = edgeMetricNamespace(of.name, api?.name ?? "");
    const filters = resources(json, "aws_cloudwatch_log_metric_filter")
      .map(({ attributes }) => attributes)
      .filter(({ metric_transformation: into }) => into.namespace === namespace);
    expect(filters.map(({ name: one }) => one).sort()).toEqual(
      api?.alarms
        ? Object.values(edgeMetrics)
            .map((one) => one.name)
            .sort()
        : [],
    );
    const rings = resources(json, "aws_cloudwatch_metric_alarm")
      .map(({ attributes }) => attributes)
      .filter(({ alarm_name: one }) => one.startsWith(`${name}-edge-`));
    expect(rings.map(({ alarm_name: one }) => one.slice(`${name}-edge-`.length)).sort()).toEqual(
      api?.alarms
        ? [
            ...["crl-age", "refresh-failures", "refusals", "server-errors"],
            ...(privateEdge?.tokenEndpoint ? ["token-unhealthy"] : []),
            "unhealthy",
          ]
        : [],
    );
    for (const { namespace: where, metric_name: one } of rings)
      if (where === namespace) expect(filters.map(({ name: made }) => made)).toContain(one);
  });

  test("the secret has no value in Terraform, and readers by name", () => {
    expect(json.resource.aws_secretsmanager_secret_version).toBeUndefined();
    const { statement } = at(json, "aws_iam_policy_document", "private-edge/secret/readers");
    expect(statement).toMatchObject([{ effect: "Deny", actions: ["secretsmanager:GetSecretValue"] }]);
    const role = (end: string) => `arn:aws:iam::${api?.account}:role/${name}-${end}`;
    expect(statement[0].condition[0].values).toEqual(
      privateEdge?.urlToProxy ? [role("edge")] : [role("edge"), role("private-authorizer")],
    );
  });
});

test("with a server of one's own there is no private API, and nobody but NGINX reads for it", () => {
  const { json } = committedStack("existing-api");
  expect(resources(json, "aws_api_gateway_rest_api")).toHaveLength(1);
  expect(JSON.stringify(json)).not.toContain("private-authorizer");
  expect(JSON.stringify(committedStack("existing-ca").json)).not.toContain("private-authorizer");
});

test("a backend behind the private API is sent neither certificate nor secret", () => {
  const { json } = committedStack("local-api");
  const proxied = resources(json, "aws_api_gateway_integration").filter(
    ({ attributes }) =>
      attributes.type === "HTTP_PROXY" && insideStack(attributes).startsWith("private-edge/"),
  );
  expect(proxied.length).toBeGreaterThan(0);
  for (const { attributes } of proxied)
    expect(attributes.request_parameters).toMatchObject({
      "integration.request.header.x-client-certificate": "'removed'",
      "integration.request.header.x-edge-secret": "'removed'",
    });
});

test("a client's calls count together: every plan has both stages", () => {
  const { json } = committedStack("local-api");
  for (const { attributes } of resources(json, "aws_api_gateway_usage_plan"))
    expect(attributes.api_stages).toHaveLength(2);
});

const localWith = (change: (edge: Json, api: Json) => void): Json => {
  const input: Json = structuredClone(local);
  change(input.apis[0].privateEdge, input.apis[0]);
  const [stack] = synthesize([environment(input)]).filter(({ kind }) => kind === "api");
  return stack?.json;
};

test("left out, there is none of it", () => {
  const json = localWith((_, api) => delete api.privateEdge);
  for (const type of [
    "aws_vpc",
    "aws_lb",
    "aws_launch_template",
    "aws_secretsmanager_secret",
    "aws_vpc_endpoint",
  ])
    expect(resources(json, type)).toEqual([]);
  expect(JSON.stringify(json)).not.toMatch(/private-edge|private-authorizer|edge_/);
});

test("a change of the configuration is a new template, and a new template new instances", () => {
  const template = (json: Json) => localOf(json, "settings") + localOf(json, "user-data");
  const before = localWith(() => {});
  const after = localWith((edge) => {
    edge.serverName = "other.internal.example.com";
  });
  expect(template(before)).toBe(template(committedStack("local-api").json));
  expect(template(after)).not.toBe(template(before));
  const { launch_template: launched } = at(after, "aws_autoscaling_group", "private-edge/fleet/group");
  expect(launched.version).toMatch(/aws_launch_template\.[\w-]+\.latest_version/);
});

test("a key of the server's certificate may be used through Secrets Manager only", () => {
  const arn = "arn:aws:kms:eu-west-2:222222222222:key/11111111-2222-3333-4444-555555555555";
  const json = localWith((edge) => {
    edge.serverCertificate.kmsKeyArn = arn;
  });
  const { statement } = at(json, "aws_iam_policy_document", "private-edge/fleet/role/permissions");
  expect(statement.find(({ sid }: Json) => sid === "EdgeSecretKey")).toMatchObject({
    actions: ["kms:Decrypt"],
    resources: [arn],
    condition: [{ variable: "kms:ViaService", values: ["secretsmanager.eu-west-2.amazonaws.com"] }],
  });
});

test("S3 leads to the distribution's packages, and with an image of one's own not even there", () => {
  const sids = (json: Json) =>
    at(json, "aws_iam_policy_document", "private-edge/services/s3-reading").statement.map(
      ({ sid }: Json) => sid,
    );
  expect(sids(committedStack("local-api").json)).toEqual(["OwnFiles", "Packages"]);
  const own = localWith((edge) => {
    edge.instances = { image: "ami-0123456789abcdef0" };
  });
  expect(sids(own)).toEqual(["OwnFiles"]);
});
