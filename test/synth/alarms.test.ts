/** Alarms of a stack with two REST APIs, and with rows of its own: each rings alone, all go to one topic. */
import { Testing } from "cdktf";
import type { ApiEnvironment } from "#config/environment.ts";
import { local } from "#config/environments/local/index.ts";
import { domainMetrics } from "#contract/metrics.ts";
import type { Alarm } from "#stacks/api/alarm-rows.ts";
import { Alarms, type AlarmsProps } from "#stacks/api/alarms.ts";
import { AccountStack } from "#stacks/shared/account-stack.ts";
import { type Json, resources } from "./synthesized.ts";

const api = local.apis[0] as ApiEnvironment;
const watched = [
  {
    idPrefix: "",
    restApi: { name: "cloud-app", id: "pub" },
    stage: "local",
    authorizer: "local-api-authorizer",
  },
  {
    idPrefix: "private-",
    restApi: { name: "cloud-app-private", id: "priv" },
    stage: "inside",
    authorizer: "other",
  },
];
const further: Alarm = {
  id: "instances-gone",
  description: "No instance is well",
  namespace: "AWS/NetworkELB",
  metric: "HealthyHostCount",
  dimensions: { LoadBalancer: "net/edge/1" },
  statistic: "Minimum",
  threshold: 1,
  when: "below",
  scheduled: true,
};

/** The alarms of a stack, by id. */
function alarmsWith(props: Pick<AlarmsProps, "watched" | "further">): ReadonlyMap<string, Json> {
  const stack = new AccountStack(Testing.app(), { ...api, environment: local, name: "local-api" });
  new Alarms(stack, "alarms", { environment: local, api, name: "local-api", ...props });
  const json = JSON.parse(Testing.synth(stack));
  const metric = resources(json, "aws_cloudwatch_metric_alarm");
  const [composite] = resources(json, "aws_cloudwatch_composite_alarm");
  for (const { address } of metric)
    expect(composite?.attributes.alarm_rule).toContain(`ALARM("\${${address}.alarm_name}")`);
  expect(resources(json, "aws_sns_topic")).toHaveLength(1);
  return new Map(
    metric.map(({ attributes }) => [attributes.alarm_name.slice("local-api-".length), attributes]),
  );
}

test("the second API has the same rows of calls and decisions, under its prefix; the domain's rows are there once", () => {
  const one = [...alarmsWith({ watched: watched.slice(0, 1) }).keys()];
  const alarms = alarmsWith({ watched });
  const two = [...alarms.keys()];
  const added = two.filter((id) => !one.includes(id));
  expect(two).toHaveLength(one.length + added.length);
  expect(added).toEqual(expect.arrayContaining(["private-server-errors", "private-decision-fault"]));
  const ofDomain = one.filter((id) => alarms.get(id)?.namespace === domainMetrics.namespace);
  expect(ofDomain).toHaveLength(7);
  expect(added.map((id) => id.replace(/^private-/, ""))).toEqual(one.filter((id) => !ofDomain.includes(id)));
});

test("each row looks at the API that it bears the prefix of", () => {
  const alarms = alarmsWith({ watched });
  const looksAt = (id: string) => alarms.get(id)?.dimensions;
  expect(looksAt("server-errors")).toEqual({ ApiName: "cloud-app", Stage: "local" });
  expect(looksAt("private-server-errors")).toEqual({ ApiName: "cloud-app-private", Stage: "inside" });
  expect(looksAt("authorizer-errors")).toEqual({ FunctionName: "local-api-authorizer" });
  expect(looksAt("private-authorizer-errors")).toEqual({ FunctionName: "other" });
  expect(looksAt("decision-no-rule")).toEqual({ apiId: "pub", stage: "local", code: "no-rule" });
  expect(looksAt("private-decision-no-rule")).toEqual({ apiId: "priv", stage: "inside", code: "no-rule" });
});

test("further rows ring like the others", () => {
  const alarms = alarmsWith({ watched, further: [further] });
  const topic = alarms.get("server-errors")?.alarm_actions;
  expect(topic).toHaveLength(1);
  expect(alarms.get("instances-gone")).toMatchObject({
    ...{ namespace: "AWS/NetworkELB", threshold: 1, comparison_operator: "LessThanThreshold" },
    ...{ treat_missing_data: "breaching", alarm_actions: topic, ok_actions: topic },
  });
});
