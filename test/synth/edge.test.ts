/** What stands around the authorizer, as it is synthesized for the committed environments. */

import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { environment } from "#config/environment.ts";
import { local } from "#config/environments/local/index.ts";
import { environments } from "#config/environments.ts";
import { domainMeasures, domainMetrics, gatewayMetrics } from "#contract/metrics.ts";
import { problems } from "#contract/problems.ts";
import { usageKeyValue } from "#contract/usage.ts";
import {
  at,
  committedStack,
  type Json,
  referenced,
  resources,
  statements,
  synthesize,
} from "./synthesized.ts";

/** Of the alarms on 429. */
const errorTypesOf = (json: Json): string[] =>
  resources(json, "aws_cloudwatch_metric_alarm")
    .flatMap(({ attributes }) => attributes.dimensions.errorType ?? [])
    .sort();

const guarded = environments.flatMap((one) =>
  one.apis
    .filter(({ firewall, quotas, alarms }) => firewall && quotas && alarms)
    .map((api) => {
      const name = `${one.name}-${api.name}`;
      return { name, api, one, json: committedStack(name).json };
    }),
);

test("local, staging and production have all of it", () => {
  expect(guarded.map(({ name }) => name)).toEqual(
    expect.arrayContaining(["local-api", "staging-api", "production-api"]),
  );
});

describe.each(guarded)("$name", ({ name, api, one, json }) => {
  const acl = () => at(json, "aws_wafv2_web_acl", "firewall/web-acl");

  test("the web ACL is on the stage, and what blocks is asked before who is let in", () => {
    expect(at(json, "aws_wafv2_web_acl_association", "firewall/association")).toMatchObject({
      resource_arn: expect.stringMatching(/^\$\{aws_api_gateway_stage\.\w+\.arn\}$/),
      web_acl_arn: expect.stringMatching(/^\$\{aws_wafv2_web_acl\./),
    });
    expect(acl().default_action).toEqual({ block: {} });
    const rules = acl().rule as {
      name: string;
      priority: number;
      action?: object;
      override_action?: object;
    }[];
    expect(rules.map((rule) => rule.name)).toEqual([
      ...["rate", "body-size", "aws-common", "allowed-ipv4", "allowed-ipv6"],
    ]);
    expect(rules.map((rule) => rule.priority)).toEqual([0, 1, 2, 3, 4]);
    expect(rules.map((rule) => rule.action ?? rule.override_action)).toEqual([
      ...[{ block: {} }, { block: {} }, { none: {} }, { allow: {} }, { allow: {} }],
    ]);
    expect(
      resources(json, "aws_wafv2_ip_set")
        .flatMap(({ attributes }) => attributes.addresses)
        .sort(),
    ).toEqual([...(api.firewall?.allow ?? [])].sort());
  });

  test("the firewall's log holds neither token nor query, and requests are not sampled", () => {
    const { redacted_fields } = at(json, "aws_wafv2_web_acl_logging_configuration", "firewall/logging");
    expect(redacted_fields).toEqual([
      ...[{ single_header: { name: "authorization" } }, { single_header: { name: "cookie" } }],
      { query_string: {} },
    ]);
    const seen = [acl().visibility_config, ...acl().rule.map((rule: Json) => rule.visibility_config)];
    expect(seen.every((config) => config.sampled_requests_enabled === false)).toBe(true);
  });

  test("nobody comes in before firewall and quotas stand", () => {
    const mapping = at(json, "aws_api_gateway_base_path_mapping", "domain/mapping");
    expect(mapping.depends_on).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^aws_wafv2_web_acl_association\./),
        expect.stringMatching(/^aws_api_gateway_usage_plan_key\./),
      ]),
    );
  });

  test("every method counts, by the key that the authorizer names", () => {
    expect(at(json, "aws_api_gateway_rest_api", "rest-api").api_key_source).toBe("AUTHORIZER");
    for (const { attributes } of resources(json, "aws_api_gateway_method"))
      expect(attributes.api_key_required).toBe(true);
    const values = resources(json, "aws_api_gateway_api_key").map(({ attributes }) => attributes.value);
    const policy = String(at(json, "aws_s3_object", "authorizer/policy-object").content);
    const named = [...policy.matchAll(/"usageKey":"([0-9a-f]{64})"/g)].map(([, value]) => value);
    expect(named).toHaveLength(api.authorizer.rules.length);
    for (const value of named) expect(values).toContain(value);
    expect(values).toContain(usageKeyValue(name, "_shared"));
    expect(policy).not.toContain('"quota"');
  });

  test.each([
    ["THROTTLED", "'1'"],
    ["QUOTA_EXCEEDED", "'3600'"],
  ])("%s is 429 with a time to come again", (type, seconds) => {
    const found = resources(json, "aws_api_gateway_gateway_response").find(
      ({ attributes }) => attributes.response_type === type,
    );
    expect(found?.attributes).toMatchObject({
      status_code: "429",
      response_parameters: { "gatewayresponse.header.Retry-After": seconds },
    });
  });

  test("the access log tells what the firewall said, within AWS's 3 KB", () => {
    const { format } = at(json, "aws_api_gateway_stage", "stage/stage").access_log_settings;
    expect(Buffer.byteLength(format)).toBeLessThanOrEqual(3072);
    expect(JSON.parse(format)).toMatchObject({
      waf: { response: "$context.wafResponseCode", latency: "$context.waf.latency" },
      authorizer: { code: "$context.authorizer.code", latency: "$context.authorizer.latency" },
      integrationLatency: "$context.integrationLatency",
    });
  });

  test("every alarm speaks to the topic, and the composite one holds them all", () => {
    const alarms = resources(json, "aws_cloudwatch_metric_alarm");
    for (const {
      attributes: { alarm_actions, ok_actions },
    } of alarms)
      for (const actions of [alarm_actions, ok_actions])
        expect(actions).toEqual([expect.stringMatching(/^\$\{aws_sns_topic\.alarms_topic_\w+\.arn\}$/)]);
    const { alarm_rule, alarm_name } = at(json, "aws_cloudwatch_composite_alarm", "alarms/composite");
    expect(alarm_name).toBe(name);
    for (const { address } of alarms) expect(alarm_rule).toContain(`ALARM("\${${address}.alarm_name}")`);
  });

  test("the topic is encrypted with a key of its own, which the account's own alarms may use and nobody else", () => {
    const source = `arn:aws:cloudwatch:${api.region}:${api.account}:alarm:${name}-*`;
    const { kms_master_key_id: key } = at(json, "aws_sns_topic", "alarms/topic/topic");
    expect(key).toMatch(/^\$\{aws_kms_key\.alarms_topic_key_\w+\.key_id\}$/);
    expect(at(json, "aws_kms_key", "alarms/topic/key").enable_key_rotation).toBe(true);
    const [administration, ...users] = statements(
      at(json, "aws_iam_policy_document", "alarms/topic/key-policy"),
    );
    for (const action of ["kms:Decrypt", "kms:GenerateDataKey", "kms:CreateGrant", "kms:*"])
      expect(administration?.actions).not.toContain(action);
    const cloudWatch = [{ type: "Service", identifiers: ["cloudwatch.amazonaws.com"] }];
    expect(users).toMatchObject([
      {
        actions: ["kms:Decrypt", "kms:GenerateDataKey*"],
        principals: cloudWatch,
        condition: [
          { test: "StringEquals", variable: "aws:SourceAccount", values: [api.account] },
          { test: "ArnLike", variable: "aws:SourceArn", values: [source] },
        ],
      },
    ]);
    expect(statements(at(json, "aws_iam_policy_document", "alarms/topic/policy-document"))).toMatchObject([
      {
        actions: ["sns:Publish"],
        principals: cloudWatch,
        condition: [{ test: "ArnLike", variable: "aws:SourceArn", values: [source] }],
      },
    ]);
    for (const { attributes } of resources(json, "aws_cloudwatch_metric_alarm"))
      expect(attributes.alarm_name).toMatch(new RegExp(`^${name}-`));
  });

  test("every measure of domain-watch has an alarm, and its silence is one", () => {
    const own = resources(json, "aws_cloudwatch_metric_alarm")
      .map(({ attributes }) => attributes)
      .filter(({ namespace }) => namespace === domainMetrics.namespace);
    expect(own.map(({ metric_name }) => metric_name).sort()).toEqual(
      domainMeasures.map((measure) => domainMetrics[measure].name).sort(),
    );
    for (const { treat_missing_data } of own) expect(treat_missing_data).toBe("breaching");
    const age = own.find(({ metric_name }) => metric_name === domainMetrics.crlAge.name);
    // It rings before the authorizer refuses everybody.
    expect(age?.threshold).toBeLessThan(one.ca.crl.maxAgeMinutes * 60);
  });

  test("alarms on decisions look for codes that the authorizer writes", () => {
    const codes = resources(json, "aws_cloudwatch_metric_alarm").flatMap(({ attributes }) =>
      attributes.namespace === "mtls-api/authorizer" ? [attributes.dimensions.code] : [],
    );
    expect(codes).toEqual(expect.arrayContaining(["fault", "revocation-unknown", "no-rule"]));
    for (const code of codes) expect(Object.keys(problems)).toContain(code);
  });
});

describe.each(guarded)("$name: requests that API Gateway refuses for a rate or a quota", ({ api, json }) => {
  const filter = at(json, "aws_cloudwatch_log_metric_filter", "stage/refused");
  const refused = resources(json, "aws_cloudwatch_metric_alarm").filter(
    ({ attributes }) => attributes.namespace === gatewayMetrics.namespace,
  );

  test("one filter an API, on the access log, whose fields the log has", () => {
    if (api.privateEdge)
      expect(at(json, "aws_cloudwatch_log_metric_filter", "private-edge/api/stage/refused").pattern).toBe(
        filter.pattern,
      );
    const { address } = referenced(json, filter.log_group_name);
    expect(address).toContain("access-log");
    const format = JSON.parse(at(json, "aws_api_gateway_stage", "stage/stage").access_log_settings.format);
    const fields = [...filter.pattern.matchAll(/\$\.(\w+)/g)].map(([, field]) => field);
    const { dimensions } = filter.metric_transformation;
    for (const field of [...fields, ...Object.values(dimensions).map((one) => String(one).slice(2))])
      expect(format).toHaveProperty([field]);
    // A metric of ours: the value of a line that does not match would be one without dimensions.
    expect(filter.metric_transformation).not.toHaveProperty("default_value");
  });

  test("the alarms look at the filter's metric, under its dimensions, each kind apart", () => {
    const { name, namespace, dimensions } = filter.metric_transformation;
    for (const { attributes } of refused) {
      expect(attributes).toMatchObject({ namespace, metric_name: name, treat_missing_data: "notBreaching" });
      expect(attributes.threshold).toBe(api.alarms?.tooManyRequests);
      expect(Object.keys(attributes.dimensions)).toEqual(Object.keys(dimensions));
      expect(filter.pattern).toContain(`($.errorType = "${attributes.dimensions.errorType}")`);
    }
    const both = ["QUOTA_EXCEEDED", "THROTTLED"];
    expect(errorTypesOf(json)).toEqual(api.privateEdge ? both.flatMap((one) => [one, one]) : both);
  });

  test("the dashboard shows them", () => {
    const body = JSON.stringify(at(json, "aws_cloudwatch_dashboard", "dashboard/dashboard").dashboard_body);
    for (const type of Object.values(gatewayMetrics.errorTypes)) expect(body).toContain(type);
  });
});

test("the picture in docs is drawn from the dashboard that is deployed", () => {
  const drawn = execFileSync(process.execPath, ["scripts/dashboard-picture.mjs", "--print"], {
    encoding: "utf8",
  });
  expect(readFileSync("docs/dashboard.svg", "utf8")).toBe(drawn);
});

// biome-ignore lint/suspicious/noExplicitAny: one value of the sample is changed
function localWith(change: (api: any) => void): Json {
  // biome-ignore lint/suspicious/noExplicitAny: the same
  const { warnings: _, ...copy } = structuredClone(local) as any;
  change(copy.apis[0]);
  const stacks = synthesize([environment(copy)]);
  return stacks.find(({ name }) => name === "local-api")?.json;
}

test("left out, there is neither firewall nor quota nor alarm, and methods ask for no key", () => {
  const json = localWith((api) => {
    for (const part of ["firewall", "quotas", "alarms"]) delete api[part];
    for (const rule of api.authorizer.rules) delete rule.quota;
  });
  for (const type of [
    "wafv2_web_acl",
    "api_gateway_usage_plan",
    "cloudwatch_metric_alarm",
    "cloudwatch_log_metric_filter",
    "cloudwatch_dashboard",
  ])
    expect(resources(json, `aws_${type}`)).toEqual([]);
  expect(at(json, "aws_api_gateway_rest_api", "rest-api")).not.toHaveProperty("api_key_source");
  for (const { attributes } of resources(json, "aws_api_gateway_method"))
    expect(attributes).not.toHaveProperty("api_key_required");
  expect(JSON.stringify(json)).not.toContain("usageKey");
});

test("without a plan that has a quota there is no alarm on quotas", () => {
  const json = localWith((api) => {
    for (const plan of Object.values<{ requests?: object }>(api.quotas.plans)) delete plan.requests;
  });
  // Of the public and of the private API.
  expect(errorTypesOf(json)).toEqual(["THROTTLED", "THROTTLED"]);
});

test("common rules that only count, and a default that lets on", () => {
  const json = localWith((api) => {
    api.firewall = { defaultAction: "allow", managedRules: "count" };
  });
  const { default_action, rule } = at(json, "aws_wafv2_web_acl", "firewall/web-acl");
  expect(default_action).toEqual({ allow: {} });
  expect(rule.at(-1)).toMatchObject({ name: "aws-common", override_action: { count: {} } });
});

test("logs are encrypted with the configured key, all of them", () => {
  const kmsKeyArn = "arn:aws:kms:eu-west-2:222222222222:key/11111111-2222-4333-8444-555555555555";
  const json = localWith((api) => {
    api.logs.kmsKeyArn = kmsKeyArn;
  });
  for (const { address, attributes } of resources(json, "aws_cloudwatch_log_group"))
    expect([address, attributes.kms_key_id]).toEqual([address, kmsKeyArn]);
});
