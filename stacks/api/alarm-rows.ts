/** What an API's alarms look at, and when they ring; docs/edge.md says what to do. */
import type { ApiEnvironment, Environment } from "#config/environment.ts";
import { authorizerMetrics, type DomainMeasure, domainMetrics, gatewayMetrics } from "#contract/metrics.ts";
import type { ProblemCode } from "#contract/problems.ts";

export interface Alarm {
  /** After the stack's name: the alarm is `<stack>-<id>`. */
  readonly id: string;
  readonly description: string;
  readonly namespace: string;
  readonly metric: string;
  readonly dimensions: Readonly<Record<string, string>>;
  readonly statistic: "Sum" | "Maximum" | "Minimum" | "p99";
  readonly threshold: number;
  /** "above" and "at least" for what grows, "below" for what runs out. */
  readonly when: "above" | "atLeast" | "below";
  /** Silence is trouble: the metric is measured all the time. */
  readonly scheduled?: boolean;
}

/** A REST API of the stack, and what its alarms need of it. */
export interface WatchedApi {
  /** Of its alarms' ids; "" for the public one. */
  readonly idPrefix: string;
  /** CloudWatch's dimensions know it by name, the authorizer's by id. */
  readonly restApi: { readonly name: string; readonly id: string };
  readonly stage: string;
  /** Its authorizer's function. */
  readonly authorizer: string;
}

export interface AlarmRowsProps {
  readonly environment: Environment;
  readonly api: ApiEnvironment;
  /** Each has calls and decisions of its own; the domain is the public one's. */
  readonly watched: readonly WatchedApi[];
}

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

export function alarmRows(props: AlarmRowsProps): Alarm[] {
  const { api } = props;
  const ofEach = (one: WatchedApi) =>
    [...ofTheApi(api, one), ...ofLimits(api, one), ...ofDecisions(api, one)].map((alarm) => ({
      ...alarm,
      id: `${one.idPrefix}${alarm.id}`,
    }));
  return [...props.watched.flatMap(ofEach), ...ofTheDomain(props)];
}

export function settingsOf(api: ApiEnvironment) {
  if (!api.alarms) throw new Error("alarms without settings");
  return api.alarms;
}

function ofTheApi(api: ApiEnvironment, { restApi, stage, ...one }: WatchedApi): Alarm[] {
  const settings = settingsOf(api);
  const gateway = {
    namespace: "AWS/ApiGateway",
    dimensions: { ApiName: restApi.name, Stage: stage },
  };
  const authorizer = { namespace: "AWS/Lambda", dimensions: { FunctionName: one.authorizer } };
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

/** Of usage plans that have a quota, the alarm on quotas; everything has a rate. */
function ofLimits(api: ApiEnvironment, { restApi, stage }: WatchedApi): Alarm[] {
  const { namespace, tooManyRequests, errorTypes } = gatewayMetrics;
  const limited = (id: string, errorType: string, description: string): Alarm => ({
    ...{ id, description, namespace, metric: tooManyRequests },
    dimensions: { apiId: restApi.id, stage, errorType },
    ...{ statistic: "Sum", threshold: settingsOf(api).tooManyRequests, when: "atLeast" },
  });
  const hasQuota = Object.values(api.quotas?.plans ?? {}).some(({ requests }) => requests !== undefined);
  return [
    limited("throttled", errorTypes.throttled, "Requests over a rate, answered 429, within five minutes"),
    ...(hasQuota
      ? [
          limited(
            "quota-exceeded",
            errorTypes.quotaExceeded,
            "Requests over a quota, answered 429, within five minutes",
          ),
        ]
      : []),
  ];
}

function ofDecisions(api: ApiEnvironment, { restApi, stage }: WatchedApi): Alarm[] {
  const settings = settingsOf(api);
  const { tokens } = api.authorizer;
  const faults = [...ownFaults, ...(tokens ? tokenFaults : [])];
  const refusals = [...clientRefusals, ...(tokens ? tokenRefusals : [])];
  return [...faults, ...refusals].map((code) => ({
    id: `decision-${code}`,
    description: `The authorizer's decisions with the code ${code} within five minutes`,
    namespace: authorizerMetrics.namespace,
    dimensions: { apiId: restApi.id, stage, code },
    metric: authorizerMetrics.decisions,
    statistic: "Sum",
    threshold: faults.includes(code) ? 1 : settings.denials,
    when: "atLeast",
  }));
}

function ofTheDomain({ environment, api }: AlarmRowsProps): Alarm[] {
  const settings = settingsOf(api);
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
