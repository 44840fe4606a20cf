/**
 * What wakes somebody: one row an alarm, one topic, one composite alarm that says whether this API of the environment
 * is well.
 *
 * domain-watch's measures come every five minutes: their absence is an alarm too. Elsewhere no data is no trouble.
 */
import { CloudwatchCompositeAlarm } from "@cdktf/provider-aws/lib/cloudwatch-composite-alarm/index.js";
import { CloudwatchMetricAlarm } from "@cdktf/provider-aws/lib/cloudwatch-metric-alarm/index.js";
import { Construct } from "constructs";
import type { ApiEnvironment, Environment } from "#config/environment.ts";
import { authorizerMetrics, type DomainMeasure, domainMetrics } from "#contract/metrics.ts";
import { roleNames } from "#contract/names.ts";
import type { ProblemCode } from "#contract/problems.ts";
import { EncryptedTopic } from "#stacks/shared/encrypted-topic.ts";

export interface AlarmsProps {
  readonly environment: Environment;
  readonly api: ApiEnvironment;
  readonly name: string;
  /** Of the REST API: CloudWatch's dimensions know it by name, the authorizer's by id. */
  readonly restApi: { readonly name: string; readonly id: string };
}

interface Alarm {
  readonly id: string;
  readonly description: string;
  readonly namespace: string;
  readonly metric: string;
  readonly dimensions: Readonly<Record<string, string>>;
  readonly statistic: "Sum" | "Maximum" | "Minimum" | "p99";
  readonly threshold: number;
  /** "above" and "at least" for what grows, "below" for what runs out. */
  readonly when: "above" | "atLeast" | "below";
  /** Silence is trouble: the metric is measured on schedule. */
  readonly scheduled?: boolean;
}

export class Alarms extends Construct {
  /** The composite one first. */
  readonly arns: readonly string[];

  constructor(scope: Construct, id: string, props: AlarmsProps) {
    super(scope, id);
    const { environment, api, name } = props;
    const settings = settingsOf(props);
    const { topic } = new EncryptedTopic(this, "topic", {
      ...{ name: `${name}-alarms`, purpose: `${name}, alarms`, tier: environment.tier },
      ...{ account: api.account, region: api.region, emails: settings.emails },
      alarms: `${name}-*`,
    });
    const alarms = alarmsOf(props).map((alarm) => this.#alarm(alarm, name, topic.arn));
    const composite = new CloudwatchCompositeAlarm(this, "composite", {
      alarmName: name,
      alarmDescription: `Something of ${name} wants attention: see its parts`,
      alarmRule: alarms.map((one) => `ALARM("${one.alarmName}")`).join(" OR "),
      // The parts tell what it is; this one tells dashboards and deployments that it is.
      dependsOn: alarms,
    });
    this.arns = [composite, ...alarms].map((one) => one.arn);
  }

  #alarm(alarm: Alarm, name: string, topicArn: string): CloudwatchMetricAlarm {
    const period = 300;
    return new CloudwatchMetricAlarm(this, alarm.id, {
      alarmName: `${name}-${alarm.id}`,
      alarmDescription: alarm.description,
      namespace: alarm.namespace,
      metricName: alarm.metric,
      dimensions: alarm.dimensions,
      ...(alarm.statistic === "p99" ? { extendedStatistic: "p99" } : { statistic: alarm.statistic }),
      period,
      // A scheduled run may fall on either side of a period's edge.
      evaluationPeriods: alarm.scheduled ? 3 : 1,
      datapointsToAlarm: alarm.scheduled ? 2 : 1,
      threshold: alarm.threshold,
      comparisonOperator: operators[alarm.when],
      treatMissingData: alarm.scheduled ? "breaching" : "notBreaching",
      alarmActions: [topicArn],
      okActions: [topicArn],
    });
  }
}

const operators = {
  above: "GreaterThanThreshold",
  atLeast: "GreaterThanOrEqualToThreshold",
  below: "LessThanThreshold",
} as const;

/** Refusals that ring at once: no client can bring them about, and with them everybody is refused. */
const ownFaults: readonly ProblemCode[] = [
  "fault",
  "revocation-unknown",
  "issuer-revoked",
  "issuer-not-valid-now",
];
/** Refusals that a client brings about: many of them are an attack, a broken partner, or a mistake of ours. */
const clientRefusals: readonly ProblemCode[] = [
  "no-rule",
  "revoked",
  "issuer-not-accepted",
  "certificate-not-valid-now",
];
/** The same two kinds, of an API that asks for tokens. */
const tokenFaults: readonly ProblemCode[] = ["token-service-failed"];
const tokenRefusals: readonly ProblemCode[] = ["token-of-another-certificate"];

function alarmsOf(props: AlarmsProps): Alarm[] {
  return [...ofTheApi(props), ...ofDecisions(props), ...ofTheDomain(props)];
}

function settingsOf({ api }: AlarmsProps) {
  if (!api.alarms) throw new Error("alarms without settings");
  return api.alarms;
}

function ofTheApi(props: AlarmsProps): Alarm[] {
  const { environment, api, restApi } = props;
  const settings = settingsOf(props);
  const gateway = {
    namespace: "AWS/ApiGateway",
    dimensions: { ApiName: restApi.name, Stage: api.stage },
  };
  const authorizer = {
    namespace: "AWS/Lambda",
    dimensions: { FunctionName: roleNames.authorizer(environment.name, api.name) },
  };
  return [
    {
      id: "server-errors",
      description: "Answers with 5xx within five minutes",
      ...gateway,
      metric: "5XXError",
      ...{ statistic: "Sum", threshold: settings.serverErrors, when: "atLeast" },
    },
    {
      id: "latency",
      description: "One answer in a hundred takes longer (milliseconds)",
      ...gateway,
      metric: "Latency",
      ...{ statistic: "p99", threshold: settings.p99LatencyMilliseconds, when: "above" },
    },
    {
      id: "authorizer-throttled",
      description:
        "The authorizer was not run: the account's concurrency is used up, and clients are refused",
      ...authorizer,
      metric: "Throttles",
      ...{ statistic: "Sum", threshold: 1, when: "atLeast" },
    },
    {
      id: "authorizer-errors",
      description: "The authorizer broke or ran out of time",
      ...authorizer,
      metric: "Errors",
      ...{ statistic: "Sum", threshold: 1, when: "atLeast" },
    },
  ];
}

function ofDecisions(props: AlarmsProps): Alarm[] {
  const { api, restApi } = props;
  const settings = settingsOf(props);
  const { tokens } = api.authorizer;
  const faults = [...ownFaults, ...(tokens ? tokenFaults : [])];
  const refusals = [...clientRefusals, ...(tokens ? tokenRefusals : [])];
  return [...faults, ...refusals].map((code) => ({
    id: `decision-${code}`,
    description: `The authorizer's decisions with the code ${code} within five minutes`,
    namespace: authorizerMetrics.namespace,
    dimensions: { apiId: restApi.id, stage: api.stage, code },
    metric: authorizerMetrics.decisions,
    statistic: "Sum",
    threshold: faults.includes(code) ? 1 : settings.denials,
    when: "atLeast",
  }));
}

function ofTheDomain(props: AlarmsProps): Alarm[] {
  const { environment, api } = props;
  const settings = settingsOf(props);
  const { crl } = environment.ca;
  const measure = (
    id: string,
    which: DomainMeasure,
    description: string,
    rest: Pick<Alarm, "statistic" | "threshold" | "when">,
  ): Alarm => ({
    ...{ id, description, scheduled: true },
    namespace: domainMetrics.namespace,
    dimensions: { domain: api.domain },
    metric: domainMetrics[which].name,
    ...rest,
  });
  const grows = (threshold: number) => ({ statistic: "Maximum", threshold, when: "above" }) as const;
  const runsOut = (threshold: number) => ({ statistic: "Minimum", threshold, when: "below" }) as const;
  const lists = [
    measure(
      "crl-age",
      "crlAge",
      `The issuing CRL is old; at ${crl.maxAgeMinutes} minutes everybody is refused (seconds)`,
      grows(crl.maxAgeMinutes * 45),
    ),
    measure(
      "root-crl-end",
      "rootCrlDays",
      "The root's CRL was not renewed at half of its life; at its end everybody is refused (days)",
      runsOut(Math.max(1, Math.floor(crl.rootLifetimeDays / 4))),
    ),
  ];
  return [
    ...(api.authorizer.revocation === "off" ? [] : lists),
    measure(
      "ca-expiry",
      "caDays",
      "A CA certificate of the truststore ends (days)",
      runsOut(settings.certificateDays),
    ),
    measure(
      "server-certificate-expiry",
      "serverDays",
      "The server's certificate ends and ACM has not renewed it (days)",
      runsOut(settings.certificateDays),
    ),
    measure(
      "truststore-warnings",
      "truststoreWarnings",
      "API Gateway finds fault with the truststore: some clients may be refused",
      grows(0),
    ),
    measure(
      "truststore-behind",
      "truststoreBehind",
      "The CA has published a truststore that this API does not use yet: deploy the API stack",
      grows(0),
    ),
    measure(
      "truststore-moved",
      "truststoreMoved",
      "The domain uses another truststore than the deployment gave it: somebody changed it by hand",
      grows(0),
    ),
  ];
}
