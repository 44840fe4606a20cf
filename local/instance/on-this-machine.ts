/**
 * The one place that says what differs from what an instance is told when it runs on this machine: ports, which others
 * may have, and where the names of its upstreams lead. Names, certificates and everything else are as deployed.
 */
import type { EdgeSettings } from "#contract/private-edge.ts";

export interface MachinePorts {
  readonly https: number;
  readonly health: number;
  /** Of the private gateway. */
  readonly upstream: number;
  readonly tokens: number;
  /** Of the authorization server. */
  readonly tokenUpstream: number;
}

export const onThisMachine = (told: EdgeSettings, ports: MachinePorts): EdgeSettings => ({
  ...told,
  port: ports.https,
  healthPort: ports.health,
  upstream: { ...told.upstream, address: "localhost", port: ports.upstream },
  ...(told.tokenEndpoint
    ? {
        tokenEndpoint: {
          port: ports.tokens,
          upstream: { ...told.tokenEndpoint.upstream, address: "localhost", port: ports.tokenUpstream },
        },
      }
    : {}),
});
