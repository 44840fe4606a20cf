/** A configured URL as NGINX is told of it. */
import { portOf } from "#config/private-edge.ts";
import type { EdgeUpstream } from "#contract/private-edge.ts";

export function upstreamOf(url: string): EdgeUpstream {
  const { hostname, pathname } = new URL(url);
  return {
    address: hostname,
    port: portOf(url),
    host: hostname,
    pathPrefix: pathname === "/" ? "" : pathname,
  };
}
