/**
 * One request on its way through the gateway, and its `$context`: the variables that access logs, gateway
 * responses, identity sources and events are made of. Filled in as they become known; unknown ones are absent.
 */
import { randomBytes, randomUUID } from "node:crypto";
import type { DeployedDomain, DeployedRestApi, DeployedStage } from "#aws/deployed-api-model.ts";
import type { ReceivedRequest } from "./received-request.ts";
import type { RouteMatch } from "./route-match.ts";
import type { Visitor } from "./tls.ts";

export interface Exchange {
  readonly domain: DeployedDomain;
  readonly api: DeployedRestApi;
  readonly stage: DeployedStage;
  readonly visitor: Visitor;
  readonly request: ReceivedRequest;
  /** The host that was called, without port. */
  readonly host: string;
  /** The path within the API: what is left after base path or stage. */
  readonly path: string;
  readonly ids: RequestIds;
  readonly startedAt: Date;
  route?: RouteMatch;
  /** What the authorizer said; absent on 401 (FACTS 2). */
  authorizer?: Readonly<Record<string, string>>;
  readonly facts: ExchangeFacts;
}

/** What is known only at the end, for the access log. */
export interface ExchangeFacts {
  status?: number;
  responseLength?: number;
  responseLatency?: number;
  integrationLatency?: number;
  integrationStatus?: number;
  integrationError?: string;
  firewall?: { readonly blocked: boolean; readonly latency: number };
  authorizerLatency?: number;
  authorizerStatus?: number;
  authorizerError?: string;
  errorMessage?: string;
  errorType?: string;
}

export interface RequestIds {
  readonly requestId: string;
  /** The x-amz-apigw-id of the answer. */
  readonly extendedRequestId: string;
  readonly traceId: string;
}

export function newRequestIds(now: Date): RequestIds {
  const seconds = Math.floor(now.getTime() / 1000).toString(16);
  return {
    requestId: randomUUID(),
    extendedRequestId: randomBytes(11).toString("base64url").padEnd(16, "="),
    traceId: `Root=1-${seconds}-${randomBytes(12).toString("hex")}`,
  };
}

/** The ARN of the method that was called, with the path as it was sent. */
export function methodArn({ domain, api, stage, request, path }: Exchange): string {
  return `arn:aws:execute-api:${domain.region}:${domain.account}:${api.id}/${stage.name}/${request.method}${path}`;
}

/** The path that events show: with a base path, without the stage of an execute-api address. */
export function eventPath({ visitor, request, path }: Exchange): string {
  return visitor.byDomain ? request.path : path;
}

/** The `requestContext` of events; the client's certificate is in it whole. */
export function requestContext(exchange: Exchange): Record<string, unknown> {
  const { domain, api, stage, request, visitor, ids, host, startedAt, route } = exchange;
  return {
    resourceId: route?.resource.id,
    resourcePath: route?.resource.path,
    ...(route?.method.operationName ? { operationName: route.method.operationName } : {}),
    httpMethod: request.method,
    extendedRequestId: ids.extendedRequestId,
    requestTime: commonLogTime(startedAt),
    path: request.path,
    accountId: domain.account,
    protocol: "HTTP/1.1",
    stage: stage.name,
    domainPrefix: host.split(".")[0],
    requestTimeEpoch: startedAt.getTime(),
    requestId: ids.requestId,
    identity: {
      cognitoIdentityPoolId: null,
      accountId: null,
      cognitoIdentityId: null,
      caller: null,
      sourceIp: visitor.sourceIp,
      principalOrgId: null,
      accessKey: null,
      cognitoAuthenticationType: null,
      cognitoAuthenticationProvider: null,
      userArn: null,
      userAgent: lastHeader(request, "user-agent") ?? null,
      user: null,
      ...(visitor.clientCert ? { clientCert: visitor.clientCert } : {}),
      ...visitor.endpoint,
    },
    domainName: host,
    deploymentId: stage.deploymentId,
    apiId: api.id,
  };
}

/** The value of `$context.NAME`; undefined when there is none. Only own values: no prototype is ever reached. */
export function contextVariable(exchange: Exchange, name: string): string | undefined {
  const { visitor, facts, authorizer, domain, stage } = exchange;
  const values: Record<string, unknown> = {
    ...requestContext(exchange),
    tlsVersion: visitor.tlsVersion,
    cipherSuite: visitor.cipherSuite,
    status: facts.status,
    responseLength: facts.responseLength,
    responseLatency: facts.responseLatency,
    integrationLatency: facts.integrationLatency,
    integrationStatus: facts.integrationStatus,
    integrationErrorMessage: facts.integrationError,
    integration: {
      latency: facts.integrationLatency,
      status: facts.integrationStatus,
      error: facts.integrationError,
    },
    authorizer: {
      ...authorizer,
      latency: facts.authorizerLatency,
      status: facts.authorizerStatus,
      error: facts.authorizerError,
      integrationLatency: facts.authorizerLatency,
    },
    error: {
      message: facts.errorMessage,
      messageString: facts.errorMessage === undefined ? undefined : JSON.stringify(facts.errorMessage),
      responseType: facts.errorType,
    },
    webaclArn: stage.webAclArn,
    ...firewallVariables(facts),
    region: domain.region,
  };
  let value: unknown = values;
  for (const part of name.split(".")) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, part)) return undefined;
    value = (value as Record<string, unknown>)[part];
  }
  return typeof value === "string" || typeof value === "number" ? String(value) : undefined;
}

/** $context.wafResponseCode and $context.waf.*; absent without a web ACL. */
function firewallVariables({ firewall }: ExchangeFacts): Record<string, unknown> {
  if (!firewall) return {};
  const { blocked, latency } = firewall;
  return {
    wafResponseCode: blocked ? "WAF_BLOCK" : "WAF_ALLOW",
    waf: { status: blocked ? 403 : 200, latency },
  };
}

/** With several, API Gateway's single-value maps hold the last. */
export function lastHeader(request: ReceivedRequest, name: string): string | undefined {
  const wanted = name.toLowerCase();
  return request.headers.findLast(([one]) => one.toLowerCase() === wanted)?.[1];
}

const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** `24/Nov/2025:14:01:02 +0000` */
function commonLogTime(date: Date): string {
  const day = String(date.getUTCDate()).padStart(2, "0");
  const time = date.toISOString().slice(11, 19);
  return `${day}/${months[date.getUTCMonth()]}/${date.getUTCFullYear()}:${time} +0000`;
}
