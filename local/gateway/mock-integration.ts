/**
 * A MOCK integration: API Gateway answers itself. The request template of the content type says which status it
 * makes up, that status which integration response answers (by its pattern, else the one without).
 *
 * Only fixed templates and quoted headers are known, which is all that our stacks deploy: a template that evaluates
 * anything (`$`, `#`) is refused, never guessed.
 */
import type { DeployedIntegration, DeployedIntegrationResponse } from "#aws/deployed-api-model.ts";
import type { Exchange } from "./exchange.ts";
import type { HttpAnswer } from "./gateway-response.ts";
import { contentType } from "./request-validation.ts";

export type MockOutcome =
  | { readonly answer: HttpAnswer }
  /** No template fits the content type, and the integration passes nothing through: 415. */
  | { readonly wrongType: string }
  | { readonly unsupported: string };

export function mockAnswer(integration: DeployedIntegration, exchange: Exchange): MockOutcome {
  if (integration.passthroughBehavior !== "NEVER")
    return { unsupported: `a MOCK integration with ${integration.passthroughBehavior}` };
  const type = contentType(exchange);
  const template = byType(integration.requestTemplates, type);
  if (template === undefined) return { wrongType: type };
  const [, status] = /^\{"statusCode":(\d{3})\}$/.exec(template) ?? [];
  if (!status) return { unsupported: "a request template that evaluates the request" };
  const response = responseFor(integration.responses, status);
  if (!response) return { unsupported: `a MOCK integration that does not answer ${status}` };
  return answerOf(response, exchange);
}

function responseFor(all: readonly DeployedIntegrationResponse[], status: string) {
  return (
    all.find(({ selectionPattern: pattern }) => pattern !== undefined && matches(pattern, status)) ??
    all.find(({ selectionPattern }) => selectionPattern === undefined)
  );
}

/** Of the whole status. */
const matches = (pattern: string, status: string): boolean => new RegExp(`^(?:${pattern})$`).test(status);

function answerOf(
  { statusCode, templates, parameters }: DeployedIntegrationResponse,
  { ids }: Exchange,
): MockOutcome {
  const [type = "application/json", body = ""] = Object.entries(templates)[0] ?? [];
  if (/[$#]/.test(body)) return { unsupported: "an answer that evaluates the request" };
  const headers: [string, string][] = [["Content-Type", type]];
  for (const [target, source] of Object.entries(parameters)) {
    const name = /^method\.response\.header\.(.+)$/.exec(target)?.[1];
    const value = /^'([\x20-\x7e]*)'$/.exec(source)?.[1];
    if (name === undefined || value === undefined) return { unsupported: `${target} = ${source}` };
    headers.push([name, value]);
  }
  headers.push(["X-Amzn-Trace-Id", ids.traceId]);
  return { answer: { status: Number(statusCode), headers, body: Buffer.from(body) } };
}

function byType(templates: Readonly<Record<string, string>>, type: string): string | undefined {
  const key = Object.keys(templates).find((one) => one.toLowerCase() === type);
  return key === undefined ? undefined : templates[key];
}
