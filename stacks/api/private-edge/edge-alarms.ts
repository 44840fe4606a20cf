/** What of the private edge wakes somebody, beside the alarms of its REST API. */
import { edgeMetricNamespace, edgeMetrics } from "#contract/private-edge.ts";
import type { Alarm } from "../alarm-rows.ts";
import type { EdgeScope } from "./edge-scope.ts";
import type { LoadBalancer } from "./load-balancer.ts";

export function edgeAlarms(props: EdgeScope & { readonly balancer: LoadBalancer }): Alarm[] {
  const { environment, api, balancer } = props;
  const settings = api.alarms;
  if (!settings) return [];
  const { maxAgeMinutes } = environment.ca.crl;
  const own = (metric: keyof typeof edgeMetrics) => ({
    namespace: edgeMetricNamespace(environment.name, api.name),
    metric: edgeMetrics[metric].name,
    dimensions: {},
  });
  return [
    ...balancer.targets.map((targets, index) => ({
      id: index === 0 ? "edge-unhealthy" : "edge-token-unhealthy",
      description: "An instance of NGINX does not answer the load balancer, for longer than a start takes",
      ...{ namespace: "AWS/NetworkELB", metric: "UnHealthyHostCount" },
      dimensions: {
        LoadBalancer: balancer.balancer.arnSuffix,
        TargetGroup: targets.arnSuffix,
      },
      ...({ statistic: "Maximum", threshold: 1, when: "atLeast", scheduled: true } as const),
    })),
    {
      id: "edge-server-errors",
      description: "NGINX's answers with 5xx within five minutes",
      ...own("serverErrors"),
      ...({ statistic: "Sum", threshold: settings.serverErrors, when: "atLeast" } as const),
    },
    {
      id: "edge-refusals",
      description: "Refused by NGINX or behind it within five minutes",
      ...own("refusals"),
      ...({ statistic: "Sum", threshold: settings.denials, when: "atLeast" } as const),
    },
    {
      id: "edge-crl-age",
      description: `NGINX's issuing CRL is old, or no instance says how old; at ${maxAgeMinutes} minutes everybody is refused (seconds)`,
      ...own("crlAge"),
      ...({ statistic: "Maximum", threshold: maxAgeMinutes * 45, when: "above", scheduled: true } as const),
    },
    {
      id: "edge-refresh-failures",
      description:
        "NGINX goes on with the files that it has: a refresh failed three times within five minutes",
      ...own("refreshFailures"),
      ...({ statistic: "Sum", threshold: 3, when: "atLeast" } as const),
    },
  ];
}
