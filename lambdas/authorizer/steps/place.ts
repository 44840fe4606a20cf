/**
 * Step 0: the request came through the deployed API, its stage and its domain name, asks for a route of ours, and
 * brings a client certificate.
 *
 * The route is the resource's template, never the path that was asked for. API id and stage are what API Gateway
 * says of itself: whoever may invoke this function directly can say anything (and gets no access by it, only an
 * answer), so that permission is the gateway's alone.
 */
import { type Route, routes } from "#contract/routes.ts";
import { type Denied, deny, type Outcome, pass } from "../decision.ts";
import { textAt, valueAt } from "../event.ts";
import { type Forwarding, forwarding } from "./forwarding.ts";

export interface Deployment {
  readonly apiId: string;
  readonly stage: string;
}

export interface Placed {
  readonly route: Route;
  /** On routes to a backend. */
  readonly forwarding?: Forwarding;
  /** As it came; nothing is known of it but that it is not empty. */
  readonly certificatePem: string;
}

/** Of the public API: its domain has verified the certificate. */
export function place(
  event: unknown,
  deployment: Deployment & { readonly domainName: string },
): Outcome<Placed> {
  const called = calledRoute(event, deployment, () => {
    const domainName = valueAt(event, "requestContext", "domainName");
    const foreign = domainName !== undefined && !sameDomain(domainName, deployment.domainName);
    return foreign ? deny("wrong-domain") : undefined;
  });
  if (!called.passed) return called;
  const certificatePem = textAt(event, "requestContext", "identity", "clientCert", "clientCertPem");
  if (certificatePem === undefined || certificatePem.trim() === "") return deny("no-certificate");
  return pass({ ...called.found, certificatePem });
}

/** What holds for every API of ours; `way` objects to how the request came. */
export function calledRoute(
  event: unknown,
  deployment: Deployment,
  way: () => Denied | undefined,
): Outcome<Omit<Placed, "certificatePem">> {
  if (textAt(event, "type") !== "REQUEST") return deny("wrong-api", "not an event of a REQUEST authorizer");
  // A REST API's event has no version, or the first; "2.0" keeps the certificate elsewhere.
  const version = valueAt(event, "version");
  if (version !== undefined && version !== "1.0") return deny("wrong-api", "payload version");
  if (textAt(event, "requestContext", "apiId") !== deployment.apiId) return deny("wrong-api", "API id");
  if (textAt(event, "requestContext", "stage") !== deployment.stage) return deny("wrong-api", "stage");
  const objection = way();
  if (objection) return objection;
  const route = routeOf(event);
  if (!route) return deny("unknown-route");
  const forwarded = forwarding(event, route);
  if (!forwarded.passed) return forwarded;
  return pass({ route, ...(forwarded.found ? { forwarding: forwarded.found } : {}) });
}

/** The row of the table that the event names exactly; one with the method's own name goes before ANY. */
export function routeOf(event: unknown): Route | undefined {
  const method = textAt(event, "httpMethod");
  const resource = textAt(event, "resource");
  const there = routes.filter(({ path }) => path === resource);
  return there.find((route) => route.method === method) ?? there.find((route) => route.method === "ANY");
}

const sameDomain = (got: unknown, wanted: string): boolean =>
  typeof got === "string" && got.toLowerCase() === wanted.toLowerCase();
