/**
 * Calls what answers a route. A function by Lambda proxy integration, checked as API Gateway checks: the permission
 * (500), the time-out (504), errors of the function and malformed answers (502). Or a backend (http-integration.ts), or
 * nobody (mock-integration.ts).
 */
import type { DeployedIntegration } from "#aws/deployed-api-model.ts";
import { type Exchange, lastHeader } from "./exchange.ts";
import type { FunctionPorts } from "./function-ports.ts";
import type { GatewayResponseType, HttpAnswer } from "./gateway-response.ts";
import { callBackend } from "./http-integration.ts";
import { functionArnOf } from "./lambda-target.ts";
import { mockAnswer } from "./mock-integration.ts";
import { mayInvoke } from "./permissions.ts";
import { type ProxyAnswer, readProxyAnswer } from "./proxy-answer.ts";
import { isBinary, proxyEvent } from "./proxy-event.ts";
import { type Reason, reason } from "./reason.ts";

export type IntegrationOutcome =
  | { readonly answer: HttpAnswer }
  | { readonly type: GatewayResponseType; readonly reason: Reason };

/** Lambda's quota for the event of a synchronous invocation. */
const maxEventBytes = 6 * 1024 * 1024;

export async function callIntegration(
  integration: DeployedIntegration | undefined,
  exchange: Exchange,
  ports: FunctionPorts,
): Promise<IntegrationOutcome> {
  if (integration?.type === "MOCK") return mocked(integration, exchange);
  return integration?.type === "HTTP_PROXY"
    ? await passOn(integration, exchange, ports)
    : await callFunction(integration, exchange, ports);
}

function mocked(integration: DeployedIntegration, exchange: Exchange): IntegrationOutcome {
  const outcome = mockAnswer(integration, exchange);
  if ("unsupported" in outcome)
    return refuse("API_CONFIGURATION_ERROR", reason("not-emulated", outcome.unsupported));
  if ("wrongType" in outcome)
    return refuse("UNSUPPORTED_MEDIA_TYPE", reason("content-type-unsupported", "no template fits"));
  exchange.facts.integrationStatus = outcome.answer.status;
  exchange.facts.integrationLatency = 0;
  return outcome;
}

async function passOn(
  integration: DeployedIntegration,
  exchange: Exchange,
  { backends, clock }: FunctionPorts,
): Promise<IntegrationOutcome> {
  const { facts } = exchange;
  const begun = clock().getTime();
  const signal = AbortSignal.timeout(integration.timeoutMilliseconds);
  try {
    const outcome = await callBackend(integration, exchange, backends, signal);
    if ("unsupported" in outcome)
      return refuse("API_CONFIGURATION_ERROR", reason("not-emulated", outcome.unsupported));
    if ("failed" in outcome) {
      facts.integrationError = "Network error communicating with endpoint";
      return refuse("INTEGRATION_FAILURE", reason("integration-not-reached", outcome.failed));
    }
    facts.integrationStatus = outcome.answer.status;
    return outcome;
  } catch {
    return timedOut(exchange, integration);
  } finally {
    facts.integrationLatency = clock().getTime() - begun;
  }
}

async function callFunction(
  integration: DeployedIntegration | undefined,
  exchange: Exchange,
  ports: FunctionPorts,
): Promise<IntegrationOutcome> {
  const { domain, api, stage, request, route, facts } = exchange;
  const functionArn = functionArnOf(integration?.uri, stage.variables);
  if (integration?.type !== "AWS_PROXY" || !functionArn || integration.credentials)
    return refuse("API_CONFIGURATION_ERROR", reason("not-emulated", unsupported(integration)));
  const permission = mayInvoke(ports.functionPolicy(functionArn), {
    functionArn,
    // The template, not the path: what a caller writes must not choose the permission.
    sourceArn: `arn:aws:execute-api:${domain.region}:${domain.account}:${api.id}/${stage.name}/${request.method}${route?.resource.path}`,
    sourceAccount: domain.account,
  });
  if (!permission.allowed)
    return refuse("API_CONFIGURATION_ERROR", reason("integration-permission-missing", permission.why));
  const event = JSON.stringify(proxyEvent(exchange));
  if (Buffer.byteLength(event) > maxEventBytes)
    return refuse("REQUEST_TOO_LARGE", reason("request-too-large", "the event is longer than Lambda takes"));
  const begun = ports.clock().getTime();
  const signal = AbortSignal.timeout(integration.timeoutMilliseconds);
  try {
    const { payload, functionError } = await ports.invoke(functionArn, event, signal);
    facts.integrationStatus = 200;
    if (functionError !== undefined) return failed(exchange, `${functionError}: ${payload.slice(0, 200)}`);
    const answer = readProxyAnswer(payload);
    return "malformed" in answer
      ? malformed(exchange, answer.malformed)
      : { answer: httpAnswer(answer, exchange) };
  } catch (error) {
    return signal.aborted ? timedOut(exchange, integration) : notReached(exchange, error as Error);
  } finally {
    facts.integrationLatency = ports.clock().getTime() - begun;
  }
}

/** Base64 is decoded only for a binary media type that the client accepts; without one the text goes out. */
function httpAnswer(answer: ProxyAnswer, { api, request, ids }: Exchange): HttpAnswer {
  const [accepted] = (lastHeader(request, "accept") ?? "").split(",");
  const decode = answer.isBase64Encoded && isBinary(api.binaryMediaTypes, accepted);
  const typed = answer.headers.some(([name]) => name.toLowerCase() === "content-type");
  return {
    status: answer.statusCode,
    headers: [
      ...(typed ? [] : ([["Content-Type", "application/json"]] as const)),
      ...answer.headers,
      ["X-Amzn-Trace-Id", ids.traceId],
    ],
    body: Buffer.from(answer.body, decode ? "base64" : "utf8"),
  };
}

function failed(exchange: Exchange, detail: string): IntegrationOutcome {
  exchange.facts.integrationError = "The function failed";
  return refuse("DEFAULT_5XX", reason("integration-failed", detail));
}

function malformed(exchange: Exchange, detail: string): IntegrationOutcome {
  exchange.facts.integrationError = "Malformed Lambda proxy response";
  return refuse("DEFAULT_5XX", reason("integration-answer-malformed", detail));
}

function timedOut(exchange: Exchange, { timeoutMilliseconds }: DeployedIntegration): IntegrationOutcome {
  exchange.facts.integrationError = "Endpoint request timed out";
  return refuse(
    "INTEGRATION_TIMEOUT",
    reason("integration-timeout", `no answer in ${timeoutMilliseconds} ms`),
  );
}

function notReached(exchange: Exchange, error: Error): IntegrationOutcome {
  exchange.facts.integrationError = error.name;
  return error.name === "RequestTooLargeException" || error.name === "RequestEntityTooLargeException"
    ? refuse("REQUEST_TOO_LARGE", reason("request-too-large", error.message))
    : refuse("INTEGRATION_FAILURE", reason("integration-not-reached", error.message));
}

function refuse(type: GatewayResponseType, why: Reason): IntegrationOutcome {
  return { type, reason: why };
}

function unsupported(integration: DeployedIntegration | undefined): string {
  if (!integration) return "a method without an integration";
  if (integration.credentials) return "an integration invoked with a role";
  return `an integration of type ${integration.type} with URI ${integration.uri ?? "-"}`;
}
