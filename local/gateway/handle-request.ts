/**
 * The way of one request through the gateway, in API Gateway's order; the first refusal answers.
 * Certificate → host → mapping → firewall → route → throttle → authorizer → usage plan →
 * validation → integration.
 */
import type { IncomingMessage } from "node:http";
import type { DeployedMethod } from "#aws/deployed-api-model.ts";
import type { AuthorizerOutcome, Authorizers } from "./authorizer.ts";
import { type Exchange, methodArn, newRequestIds, type RequestIds } from "./exchange.ts";
import type { Firewall } from "./firewall.ts";
import type { FunctionPorts } from "./function-ports.ts";
import {
  type GatewayResponseType,
  gatewayResponse,
  type HttpAnswer,
  plainAnswer,
} from "./gateway-response.ts";
import { callIntegration } from "./integration.ts";
import { judgeNetworkPolicy } from "./network-policy.ts";
import { findPlace } from "./place.ts";
import { type Reason, reason } from "./reason.ts";
import { type RequestHead, readBody, readHead } from "./received-request.ts";
import { validateRequest } from "./request-validation.ts";
import { matchRoute } from "./route-match.ts";
import type { Snapshot } from "./snapshot.ts";
import type { Throttle } from "./throttle.ts";
import type { Visitor } from "./tls.ts";
import type { Usage } from "./usage.ts";

export interface Handling {
  readonly ids: RequestIds;
  readonly answer: HttpAnswer;
  readonly startedAt: Date;
  /** Left out: the function answered. */
  readonly reason?: Reason;
  readonly head?: RequestHead;
  /** Left out: refused before the API was known, and so in no stage's access log. */
  readonly exchange?: Exchange;
}

export interface HandlingParts {
  readonly snapshot: Snapshot;
  readonly authorizers: Authorizers;
  readonly firewall: Firewall;
  readonly throttle: Throttle;
  readonly usage: Usage;
  readonly functions: FunctionPorts;
}

const forbidden = () => plainAnswer(403, "Forbidden", "ForbiddenException");

export async function handleRequest(
  message: IncomingMessage,
  visitor: Visitor,
  parts: HandlingParts,
): Promise<Handling> {
  const startedAt = parts.functions.clock();
  const common = { ids: newRequestIds(startedAt), startedAt };
  const head = readHead(message);
  if ("malformed" in head) {
    const answer = plainAnswer(400, "Bad Request", "BadRequestException");
    return { ...common, answer, reason: reason("request-malformed", head.malformed) };
  }
  if (visitor.refusal) return { ...common, head, answer: forbidden(), reason: visitor.refusal };
  const place = findPlace(parts.snapshot.domain, visitor, head);
  if ("code" in place) return { ...common, head, answer: forbidden(), reason: place };
  const body = await readBody(message);
  const exchange: Exchange = {
    domain: parts.snapshot.domain,
    ...place,
    visitor,
    host: head.host,
    request: { ...head, body: body ?? Buffer.alloc(0) },
    ...common,
    facts: {},
  };
  const outcome =
    body === undefined
      ? refuse(exchange, "REQUEST_TOO_LARGE", reason("request-too-large", "the body is longer than 10 MB"))
      : await answerWithin(exchange, parts);
  return { ...common, head, exchange, ...outcome };
}

type Outcome = Pick<Handling, "answer" | "reason">;

async function answerWithin(exchange: Exchange, parts: HandlingParts): Promise<Outcome> {
  const { api, stage, request, path } = exchange;
  const blocked = behindFirewall(exchange, parts);
  if (blocked) return blocked;
  const apart = behindNetworkPolicies(exchange, parts.snapshot.endpointPolicy);
  if (apart) return apart;
  const route = matchRoute(api.resources, request.method, path);
  if ("missing" in route) {
    if (route.missing === "encoding")
      return refuse(exchange, "BAD_REQUEST_PARAMETERS", reason("request-malformed", "the path is not UTF-8"));
    const why = reason("no-such-route", `no such ${route.missing}: ${request.method} ${path.slice(0, 200)}`);
    return refuse(exchange, "MISSING_AUTHENTICATION_TOKEN", why);
  }
  exchange.route = route;
  const { resource, method } = route;
  if (!parts.throttle.admits(api.id, stage, resource.path, method.httpMethod, exchange.startedAt))
    return refuse(exchange, "THROTTLED", reason("throttled", `${method.httpMethod} ${resource.path}`));
  const authorized = await authorize(method, exchange, parts.authorizers);
  if (!authorized.allowed) return refuse(exchange, authorized.type, authorized.reason, authorized.message);
  const uncounted = method.apiKeyRequired ? count(exchange, authorized.usageKey, parts) : undefined;
  if (uncounted) return uncounted;
  const invalid = validateRequest(method, exchange);
  if (invalid) return refuse(exchange, invalid.type, invalid.reason, invalid.message);
  const outcome = await callIntegration(method.integration, exchange, parts.functions);
  return "type" in outcome ? refuse(exchange, outcome.type, outcome.reason) : outcome;
}

/** Before the route is looked for: the endpoint's policy and the private API's own. Elsewhere they are not emulated. */
function behindNetworkPolicies(exchange: Exchange, endpointPolicy: string | undefined): Outcome | undefined {
  const { api, visitor } = exchange;
  if (!visitor.endpoint)
    return api.resourcePolicy
      ? refuse(exchange, "API_CONFIGURATION_ERROR", reason("not-emulated", "the API has a resource policy"))
      : undefined;
  const { vpceId, vpcId } = visitor.endpoint;
  const call = {
    resource: methodArn(exchange),
    context: new Map([
      ["aws:sourcevpce", vpceId],
      ["aws:sourcevpc", vpcId],
      ["aws:vpcsourceip", visitor.sourceIp],
    ]),
  };
  // An endpoint without a policy allows everything, a private API without one nothing.
  const verdicts = [
    [
      "the endpoint's policy",
      endpointPolicy === undefined ? "allow" : judgeNetworkPolicy(endpointPolicy, call),
    ],
    ["the API's policy", judgeNetworkPolicy(api.resourcePolicy ?? "{}", call)],
  ] as const;
  const refused = verdicts.find(([, verdict]) => verdict !== "allow");
  if (!refused) return undefined;
  const message = `User: anonymous is not authorized to perform: execute-api:Invoke on resource: ${call.resource}`;
  return refuse(exchange, "ACCESS_DENIED", reason("network-policy", refused.join(": ")), message);
}

async function authorize(
  method: DeployedMethod,
  exchange: Exchange,
  authorizers: Authorizers,
): Promise<AuthorizerOutcome> {
  const cannot = (what: string): AuthorizerOutcome => ({
    allowed: false,
    type: "API_CONFIGURATION_ERROR",
    reason: reason("not-emulated", what),
  });
  if (method.apiKeyRequired && exchange.api.apiKeySource !== "AUTHORIZER")
    return cannot("an API key that the client sends");
  if (method.authorizationType === "NONE") return { allowed: true };
  const authorizer = exchange.api.authorizers.find(({ id }) => id === method.authorizerId);
  if (method.authorizationType !== "CUSTOM" || !authorizer)
    return cannot(`a method with authorization ${method.authorizationType}`);
  return await authorizers.authorize(authorizer, exchange);
}

/** Before the route is looked for and anybody is asked: the stage's web ACL. */
function behindFirewall(
  exchange: Exchange,
  { snapshot, firewall, functions }: HandlingParts,
): Outcome | undefined {
  const { api, stage, visitor, request } = exchange;
  const acl = snapshot.webAcls.get(`${api.id}/${stage.name}`);
  if (!acl)
    return stage.webAclArn
      ? refuse(exchange, "API_CONFIGURATION_ERROR", reason("not-emulated", "a web ACL that cannot be read"))
      : undefined;
  const verdict = firewall.judge(acl, {
    sourceIp: visitor.sourceIp,
    bodyBytes: request.body.length,
    at: exchange.startedAt,
  });
  if ("unknown" in verdict)
    return refuse(exchange, "API_CONFIGURATION_ERROR", reason("not-emulated", `firewall ${verdict.unknown}`));
  const blocked = verdict.action === "block";
  exchange.facts.firewall = { blocked, latency: functions.clock().getTime() - exchange.startedAt.getTime() };
  return blocked
    ? refuse(exchange, "WAF_FILTERED", reason("firewall", `blocked by the rule ${verdict.rule}`))
    : undefined;
}

/** After the authorizer has said which key counts. */
function count(exchange: Exchange, usageKey: string | undefined, parts: HandlingParts): Outcome | undefined {
  const { api, stage } = exchange;
  const place = `${api.id}/${stage.name}`;
  const verdict = parts.usage.admit(parts.snapshot.usagePlans, place, usageKey, exchange.startedAt);
  if (verdict === "admitted") return undefined;
  return refuse(exchange, usageRefusals[verdict], reason(verdict, "by the client's usage plan"));
}

const usageRefusals = {
  throttled: "THROTTLED",
  "quota-exceeded": "QUOTA_EXCEEDED",
  "no-usage-plan": "INVALID_API_KEY",
} as const;

function refuse(exchange: Exchange, type: GatewayResponseType, why: Reason, message?: string): Outcome {
  return { answer: gatewayResponse(exchange, type, message), reason: why };
}
