/** Check 32: what the alarms look at is there: each measure is really written, under the alarm's own dimensions. */
import { isDeepStrictEqual } from "node:util";
import { deployedAlarms } from "#aws/deployed-alarms.ts";
import { EdgeTools } from "#aws/edge-tools.ts";
import { authorizerMetrics, domainMetrics, gatewayMetrics } from "#contract/metrics.ts";
import { apiFunctionName, roleNames, stackNames } from "#contract/names.ts";
import { type AccessLine, accessLogGroup } from "../access-line.ts";
import { type CheckContext, callAs, eventually } from "../context.ts";
import { counted } from "../metric-filter.ts";

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

  const { metrics, composites } = await deployedAlarms(apiAccount.connection, stack);
  at.report.row(32, "one composite alarm", stack, composites.map(({ AlarmName }) => AlarmName).join(", "));
  const ca = stackNames.ca(environment.name);
  const ofCa = await deployedAlarms(at.ca.connection, ca);
  at.report.row(
    32,
    "… and one of the CA's",
    ca,
    ofCa.composites.map(({ AlarmName }) => AlarmName).join(", "),
  );
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

  const ofPrivate = ({ AlarmName }: { readonly AlarmName?: string | undefined }) =>
    AlarmName?.startsWith(`${stack}-private-`) === true;
  const ofPublic = metrics.filter((alarm) => !ofPrivate(alarm));
  await decisionsAreCounted(at, "authorizer", ofPublic);
  if (at.edge) await decisionsAreCounted(at, "private-authorizer", metrics.filter(ofPrivate));
  await limits(at, ofPublic);
}

async function decisionsAreCounted(
  at: CheckContext,
  authorizer: string,
  metrics: readonly Looked[],
): Promise<void> {
  const decisions = metrics.filter(({ Namespace }) => Namespace === authorizerMetrics.namespace);
  const lines = await metricLines(at, apiFunctionName(at.environment.name, at.api.name, authorizer));
  // Their codes are those of refusals that may not have happened; all else must be what the authorizer writes.
  const known = lines.filter((line) =>
    decisions.every((alarm) =>
      bears(line, { ...alarm, Dimensions: alarm.Dimensions?.filter((d) => d.Name !== "code") }),
    ),
  );
  at.report.row(
    32,
    `decisions of the ${authorizer} are counted where their alarms look`,
    "yes",
    known.length > 0 && decisions.length > 0 ? "yes" : "no",
  );
}

/**
 * Check 31 has brought both kinds of 429 about. The embedded AWS keeps metric filters and evaluates none: what is
 * deployed is evaluated here, over the lines that the gateway has written.
 */
async function limits(at: CheckContext, metrics: readonly Looked[]): Promise<void> {
  const group = accessLogGroup(at);
  const lines = await at.apiAccount.logMessages(group);
  const filters = await new EdgeTools(at.apiAccount.connection).metricFilters(group);
  const made = filters.flatMap(({ filterPattern: pattern = "", metricTransformations = [] }) =>
    metricTransformations.flatMap(({ metricNamespace, metricName, dimensions = {} }) =>
      lines.flatMap((line) => {
        const values = counted({ pattern, dimensions }, line);
        return values ? [{ metric: `${metricNamespace} ${metricName}`, values }] : [];
      }),
    ),
  );
  const own = metrics.filter(({ Namespace }) => Namespace === gatewayMetrics.namespace);
  const seen = own.map(({ Namespace, MetricName, Dimensions = [] }) => {
    const wanted = Object.fromEntries(Dimensions.map(({ Name, Value }) => [Name, Value]));
    const found = made.some(
      ({ metric, values }) =>
        metric === `${Namespace} ${MetricName}` && isDeepStrictEqual({ ...values }, wanted),
    );
    return `${wanted.errorType} ${found ? "counted" : "not counted"}`;
  });
  const all = Object.values(gatewayMetrics.errorTypes).map((one) => `${one} counted`);
  at.report.row(
    32,
    "what the alarms on 429 look at is counted in the access log",
    all.sort().join(", "),
    seen.sort().join(", "),
  );
  const refused = lines.filter((line) => (JSON.parse(line) as AccessLine).status === "429");
  at.report.row(32, "… each 429 once, and nothing else", String(refused.length), String(made.length));
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
