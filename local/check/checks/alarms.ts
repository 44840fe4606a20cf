/** Check 32: what the alarms look at is there: each measure is really written, under the alarm's own dimensions. */
import { EdgeTools } from "#aws/edge-tools.ts";
import { authorizerMetrics, domainMetrics } from "#contract/metrics.ts";
import { apiFunctionName, roleNames, stackNames } from "#contract/names.ts";
import { type CheckContext, callAs, eventually } from "../context.ts";

interface MetricLine {
  readonly [name: string]: unknown;
  readonly _aws: {
    readonly CloudWatchMetrics: readonly {
      readonly Namespace: string;
      readonly Dimensions: readonly (readonly string[])[];
      readonly Metrics: readonly { readonly Name: string }[];
    }[];
  };
}

export async function alarms(at: CheckContext): Promise<void> {
  const { environment, api, apiAccount } = at;
  const stack = stackNames.api(environment.name, api.name);
  await callAs(at, at.good);
  const watch = roleNames.watch(environment.name, api.name);
  const { answer, error } = await apiAccount.invoke(watch, {});
  at.report.row(
    32,
    "domain-watch runs, and every measure is taken",
    '{"failed":[]}',
    error ?? JSON.stringify(answer),
  );

  const { metrics, composites } = await new EdgeTools(apiAccount.connection).alarms(stack);
  at.report.row(32, "one composite alarm", stack, composites.join(", "));
  const own = metrics.filter(({ Namespace }) => Namespace === domainMetrics.namespace);
  const measured = await eventually(async () => {
    const lines = await metricLines(at, watch);
    const missing = own.filter((alarm) => !lines.some((line) => bears(line, alarm)));
    return missing.length === 0 ? "all" : undefined;
  }, 20);
  at.report.row(
    32,
    `what the ${own.length} alarms of the domain look at is measured`,
    "all",
    measured ?? "not all",
  );

  const decisions = metrics.filter(({ Namespace }) => Namespace === authorizerMetrics.namespace);
  const lines = await metricLines(at, apiFunctionName(environment.name, api.name, "authorizer"));
  // Their codes are those of refusals that may not have happened; all else must be what the authorizer writes.
  const known = lines.filter((line) =>
    decisions.every((alarm) =>
      bears(line, { ...alarm, Dimensions: alarm.Dimensions?.filter((d) => d.Name !== "code") }),
    ),
  );
  at.report.row(
    32,
    "decisions are counted where their alarms look",
    "yes",
    known.length > 0 && decisions.length > 0 ? "yes" : "no",
  );
}

/** What a function has measured, in CloudWatch's embedded metric format. */
export async function metricLines({ apiAccount }: CheckContext, functionName: string): Promise<MetricLine[]> {
  const messages = await apiAccount.logMessages(`/aws/lambda/${functionName}`);
  return messages.flatMap((message) => {
    const at = message.indexOf('{"');
    if (at < 0 || !message.includes('"_aws"')) return [];
    return [JSON.parse(message.slice(at)) as MetricLine];
  });
}

interface Looked {
  readonly Namespace?: string | undefined;
  readonly MetricName?: string | undefined;
  readonly Dimensions?:
    | readonly { readonly Name?: string | undefined; readonly Value?: string | undefined }[]
    | undefined;
}

/** Whether the line is one that an alarm looks at. */
export function bears(line: MetricLine, { Namespace, MetricName, Dimensions }: Looked): boolean {
  return (
    line._aws.CloudWatchMetrics.some(
      (one) => one.Namespace === Namespace && one.Metrics.some(({ Name }) => Name === MetricName),
    ) && (Dimensions ?? []).every(({ Name, Value }) => Name !== undefined && line[Name] === Value)
  );
}
