/** What wakes an operator: every alarm and rule of the CA account, and that each reaches the topic. */
import { readFileSync } from "node:fs";
import { environment } from "#config/environment.ts";
import { local } from "#config/environments/local/index.ts";
import { environments } from "#config/environments.ts";
import { at, committedStack, type Json, resources, statements, synthesize } from "./synthesized.ts";

const rows = environments
  .filter(({ ca }) => ca.engine.kind === "kms")
  .map((one) => ({ name: `${one.name}-ca`, one, stack: committedStack(`${one.name}-ca`).json }));

const topicOf = (stack: Json) => `\${${resources(stack, "aws_sns_topic")[0]?.address}.arn}`;
const alarmsOf = (stack: Json): Record<string, Json> =>
  Object.fromEntries(
    resources(stack, "aws_cloudwatch_metric_alarm").map(({ attributes }) => [
      attributes.alarm_name,
      attributes,
    ]),
  );

describe.each(rows)("$name", ({ one, stack }) => {
  const topic = topicOf(stack);
  const alarms = alarmsOf(stack);
  const alarm = (id: string) => alarms[`${one.name}-${id}`];
  const { crl } = one.ca;

  test("every alarm tells the topic of its beginning and its end", () => {
    for (const each of Object.values(alarms))
      expect(each).toMatchObject({ alarm_actions: [topic], ok_actions: [topic] });
  });

  test.each(["ca-reconcile", "ca-issue", "ca-revoke", "ca-publish"])(
    "one failed run of %s is told",
    (slug) => {
      expect(alarm(`${slug}-failed`)).toMatchObject({
        namespace: "AWS/Lambda",
        metric_name: "Errors",
        dimensions: { FunctionName: `${one.name}-${slug}` },
        threshold: 1,
        comparison_operator: "GreaterThanOrEqualToThreshold",
        evaluation_periods: 1,
        treat_missing_data: "notBreaching",
      });
    },
  );

  test("silence is told: schedules that do not come, CRLs that nobody looks at", () => {
    const publishing = {
      period: crl.publishEveryMinutes * 60,
      evaluation_periods: 3,
      datapoints_to_alarm: 3,
    };
    expect(alarm("ca-publish-not-run")).toMatchObject({
      ...publishing,
      metric_name: "Invocations",
      comparison_operator: "LessThanThreshold",
      treat_missing_data: "breaching",
    });
    expect(alarm("ca-reconcile-not-run")).toMatchObject({ treat_missing_data: "breaching" });
    for (const { generation } of [{ generation: "g1" }]) {
      expect(alarm(`ca-crl-${generation}-issuing-old`)).toMatchObject({
        ...publishing,
        threshold: crl.lifetimeHours * 1800,
        dimensions: { Authority: `${one.name}-ca`, Crl: `${generation}-issuing` },
        treat_missing_data: "breaching",
      });
      expect(alarm(`ca-crl-${generation}-root-old`)).toMatchObject({
        threshold: crl.rootLifetimeDays * 28_800,
        treat_missing_data: "breaching",
      });
    }
  });

  test("every alarm looks at a window that CloudWatch allows", () => {
    for (const { period, evaluation_periods: count } of Object.values(alarms)) {
      expect(period % 60).toBe(0);
      expect(period * count).toBeLessThanOrEqual(period < 3600 ? 86_400 : 7 * 86_400);
    }
  });

  test("the rules see read-only events of CloudTrail, and all of them tell the topic", () => {
    const watching = resources(stack, "aws_cloudwatch_event_rule").filter(
      ({ attributes }) => !attributes.schedule_expression && !attributes.event_bus_name,
    );
    expect(watching.map(({ attributes }) => attributes.name).sort()).toEqual(
      ["code-changed", "issuing-key-used", "key-changed", "key-denied", "root-key-used"].map(
        (id) => `${one.name}-ca-${id}`,
      ),
    );
    const targets = resources(stack, "aws_cloudwatch_event_target").map(({ attributes }) => attributes);
    for (const { address, attributes } of watching) {
      expect(attributes.state).toBe("ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS");
      expect(targets.filter(({ rule }) => rule === `\${${address}.name}`)).toMatchObject([{ arn: topic }]);
    }
  });

  test("the root key in anybody's hand but ca-reconcile's is told, users and the account's root too", () => {
    const { event_pattern: pattern } = at(
      stack,
      "aws_cloudwatch_event_rule",
      "notifications/tampering/root-key-used",
    );
    expect(pattern).toContain('"eventName":["Sign"]');
    expect(pattern).toContain(
      `"sessionIssuer":{"arn":[{"anything-but":["arn:aws:iam::${one.ca.account}:role/${one.name}-ca-reconcile"]},{"exists":false}]}`,
    );
    for (const { address } of resources(stack, "aws_kms_key").filter(({ address }) =>
      address.includes("root"),
    ))
      expect(pattern).toContain(`\${jsonencode(${address}.arn)}`);
  });

  test("whoever is denied a key is told: a denied call names no key that a rule could look for", () => {
    const { event_pattern: pattern } = at(
      stack,
      "aws_cloudwatch_event_rule",
      "notifications/tampering/key-denied",
    );
    expect(JSON.parse(pattern).detail).toEqual({
      eventSource: ["kms.amazonaws.com"],
      eventName: ["Sign", "PutKeyPolicy", "CreateGrant", "ScheduleKeyDeletion", "DisableKey"],
      errorCode: [{ prefix: "AccessDenied" }],
    });
  });

  test("only the account's own rules and alarms may send", () => {
    const document = at(stack, "aws_iam_policy_document", "notifications/topic/policy-document");
    const rules = resources(stack, "aws_cloudwatch_event_rule")
      .filter(({ attributes }) => !attributes.schedule_expression)
      .map(({ address }) => `\${${address}.arn}`);
    const [alarmsSend, rulesSend] = statements(document);
    expect(statements(document)).toHaveLength(2);
    expect(alarmsSend).toMatchObject({
      actions: ["sns:Publish"],
      principals: [{ type: "Service", identifiers: ["cloudwatch.amazonaws.com"] }],
    });
    expect(alarmsSend?.condition).toEqual([
      {
        test: "ArnLike",
        variable: "aws:SourceArn",
        values: [`arn:aws:cloudwatch:${one.ca.region}:${one.ca.account}:alarm:${one.name}-ca-*`],
      },
    ]);
    expect(rulesSend?.principals).toEqual([{ type: "Service", identifiers: ["events.amazonaws.com"] }]);
    expect([...(rulesSend?.condition[0]?.values ?? [])].sort()).toEqual(rules.sort());
  });

  test("the topic's key is its own, and turns every year", () => {
    const { kms_master_key_id: key } = at(stack, "aws_sns_topic", "notifications/topic/topic");
    expect(key).toMatch(/^\$\{aws_kms_key\.notifications_topic_key_\w+\.key_id\}$/);
    expect(at(stack, "aws_kms_key", "notifications/topic/key").enable_key_rotation).toBe(true);
  });

  test("the functions send to the CA's bus only", () => {
    const bus = `\${${resources(stack, "aws_cloudwatch_event_bus")[0]?.address}.arn}`;
    for (const slug of ["ca-reconcile", "ca-issue", "ca-revoke", "ca-publish"]) {
      const sends = statements(at(stack, "aws_iam_policy_document", `functions/${slug}/permissions`)).filter(
        ({ actions }) => actions.some((action) => action.startsWith("events:")),
      );
      expect(sends).toMatchObject([{ actions: ["events:PutEvents"], resources: [bus] }]);
    }
  });

  test("every alarm and rule stands in docs/operations.md", () => {
    const text = readFileSync("docs/operations.md", "utf8");
    const names = [
      ...Object.keys(alarms).map((name) => name.slice(one.name.length + 1).replace(/-g\d+-/, "-G-")),
      ...["root-key-used", "issuing-key-used", "key-changed", "code-changed"].map((id) => `ca-${id}`),
    ];
    expect(names.filter((name) => !text.includes(`\`${name}\``))).toEqual([]);
  });
});

test.each(environments.map(({ name, ca }) => ({ name, kind: ca.engine.kind })))(
  "$name, engine $kind: one composite alarm over all that can ring in the CA account, which sends nothing",
  ({ name, kind }) => {
    const stack = committedStack(`${name}-ca`).json;
    const composites = resources(stack, "aws_cloudwatch_composite_alarm").map(({ attributes }) => attributes);
    if (kind === "tls") return expect(composites).toEqual([]);
    const parts = resources(stack, "aws_cloudwatch_metric_alarm").map(
      ({ address }) => `ALARM("\${${address}.alarm_name}")`,
    );
    expect(parts.length).toBeGreaterThan(1);
    expect(composites).toMatchObject([{ alarm_name: `${name}-ca` }]);
    expect(composites[0].alarm_rule.split(" OR ").sort()).toEqual(parts.sort());
    expect(composites[0]).not.toHaveProperty("alarm_actions");
  },
);

test("each address of the configuration is asked once to confirm", () => {
  const emails = ["operators@example.com", "security@example.com"];
  const input = { ...local, ca: { ...local.ca, notifications: { emails } } };
  const [stack] = synthesize([input]);
  expect(
    resources(stack?.json, "aws_sns_topic_subscription").map(({ attributes }) => attributes),
  ).toMatchObject(
    emails.map((endpoint) => ({ protocol: "email", endpoint, topic_arn: topicOf(stack?.json) })),
  );
});

test("a retired generation's CRL may end: only its root's is still waited for", () => {
  const generations = [
    { id: "g1", status: "retired" as const },
    { id: "g2", status: "active" as const },
  ];
  const [stack] = synthesize([
    environment({ ...local, ca: { ...local.ca, engine: { kind: "kms", generations } } } as never),
  ]);
  const alarms = alarmsOf(stack?.json);
  expect(alarms["local-ca-crl-g1-issuing-old"].treat_missing_data).toBe("notBreaching");
  expect(alarms["local-ca-crl-g1-root-old"].treat_missing_data).toBe("breaching");
  expect(alarms["local-ca-crl-g2-issuing-old"].treat_missing_data).toBe("breaching");
});
