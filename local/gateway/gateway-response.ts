/**
 * Answers that API Gateway makes itself: by type, from the API's gateway responses, DEFAULT_4XX or DEFAULT_5XX, or
 * AWS's defaults. Templates know variables and nothing else; values go in as they are, unescaped, as on AWS: a
 * template that breaks on a quotation mark breaks here too, and `notes` says so.
 */
import type { DeployedGatewayResponse } from "#aws/deployed-api-model.ts";
import { queryPairs } from "./event.ts";
import { contextVariable, type Exchange, lastHeader } from "./exchange.ts";

export interface HttpAnswer {
  readonly status: number;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Buffer;
  /** What would deserve a look: nothing that changes the answer. */
  readonly notes?: readonly string[];
}

/** Default status, message and error type by response type. */
const defaults = {
  ACCESS_DENIED: [403, "User is not authorized to access this resource", "AccessDeniedException"],
  API_CONFIGURATION_ERROR: [500, "Internal server error", "InternalServerErrorException"],
  AUTHORIZER_CONFIGURATION_ERROR: [500, null, "AuthorizerConfigurationException"],
  AUTHORIZER_FAILURE: [500, null, "AuthorizerFailureException"],
  BAD_REQUEST_BODY: [400, "Invalid request body", "BadRequestException"],
  BAD_REQUEST_PARAMETERS: [400, "Bad Request", "BadRequestException"],
  DEFAULT_5XX: [502, "Internal server error", "InternalServerErrorException"],
  INTEGRATION_FAILURE: [504, "Network error communicating with endpoint", "InternalServerErrorException"],
  INTEGRATION_TIMEOUT: [504, "Endpoint request timed out", "InternalServerErrorException"],
  INVALID_API_KEY: [403, "Forbidden", "ForbiddenException"],
  MISSING_AUTHENTICATION_TOKEN: [403, "Missing Authentication Token", "MissingAuthenticationTokenException"],
  QUOTA_EXCEEDED: [429, "Limit Exceeded", "LimitExceededException"],
  REQUEST_TOO_LARGE: [413, "Request Entity Too Large", "RequestEntityTooLargeException"],
  THROTTLED: [429, "Too Many Requests", "TooManyRequestsException"],
  UNSUPPORTED_MEDIA_TYPE: [415, "Unsupported Media Type", "BadRequestException"],
  WAF_FILTERED: [403, "Forbidden", "ForbiddenException"],
  UNAUTHORIZED: [401, "Unauthorized", "UnauthorizedException"],
} as const satisfies Record<string, readonly [number, string | null, string]>;

export type GatewayResponseType = keyof typeof defaults;

export function gatewayResponse(
  exchange: Exchange,
  type: GatewayResponseType,
  ownMessage?: string,
): HttpAnswer {
  const [defaultStatus, defaultMessage, errorType] = defaults[type];
  const message = ownMessage ?? defaultMessage;
  if (message !== null) exchange.facts.errorMessage = message;
  exchange.facts.errorType = type;
  const configured = configuredResponse(exchange.api.gatewayResponses, type, defaultStatus);
  const status = Number(configured?.statusCode ?? defaultStatus);
  // The custom statuses of DEFAULT_4XX and DEFAULT_5XX count; the body's own type is the template's.
  const template = pickTemplate(configured, exchange);
  const body = template ? fillTemplate(template.text, exchange) : defaultBody(type, message);
  const notes: string[] = [];
  if (template?.type === "application/json" && !isJson(body)) notes.push(`${type}: the body is not JSON`);
  const parameters = headersOf(configured?.responseParameters ?? {}, exchange, notes);
  const named = new Set(parameters.map(([name]) => name.toLowerCase()));
  const standard = [
    ["x-amzn-ErrorType", errorType],
    ["Content-Type", template?.type ?? "application/json"],
  ] as const;
  return {
    status,
    headers: [...standard.filter(([name]) => !named.has(name.toLowerCase())), ...parameters],
    body: Buffer.from(body),
    ...(notes.length > 0 ? { notes } : {}),
  };
}

/** Answers given before any API is known: nothing of it can change them. */
export function plainAnswer(status: number, message: string, errorType: string): HttpAnswer {
  return {
    status,
    headers: [
      ["x-amzn-ErrorType", errorType],
      ["Content-Type", "application/json"],
    ],
    body: Buffer.from(JSON.stringify({ message })),
  };
}

function configuredResponse(
  all: readonly DeployedGatewayResponse[],
  type: GatewayResponseType,
  status: number,
): DeployedGatewayResponse | undefined {
  const fallback = status < 500 ? "DEFAULT_4XX" : "DEFAULT_5XX";
  return (
    all.find(({ responseType }) => responseType === type) ??
    all.find(({ responseType }) => responseType === fallback)
  );
}

/** By the first type that the client accepts; JSON when it accepts none. */
function pickTemplate(configured: DeployedGatewayResponse | undefined, exchange: Exchange) {
  const templates = configured?.responseTemplates ?? {};
  const accepted = (lastHeader(exchange.request, "accept") ?? "")
    .split(",")
    .map((part) => part.split(";")[0]?.trim().toLowerCase() ?? "");
  const type = accepted.find((one) => Object.hasOwn(templates, one)) ?? "application/json";
  const text = Object.hasOwn(templates, type) ? templates[type] : undefined;
  return text === undefined ? undefined : { type, text };
}

/** ACCESS_DENIED alone spells it with a capital. */
function defaultBody(type: GatewayResponseType, message: string | null): string {
  return JSON.stringify(type === "ACCESS_DENIED" ? { Message: message } : { message });
}

/** `$context.…`, `$stageVariables.…`, `$method.request.…`; a variable without a value is empty. */
function fillTemplate(template: string, exchange: Exchange): string {
  return template.replace(
    /\$((?:context|stageVariables)(?:\.\w+)+|method\.request\.\w+\.[\w-]+)/g,
    (_, name: string) => expression(name, exchange) ?? "",
  );
}

/** `gatewayresponse.header.NAME` → `'text'` or an expression. A header without a value is left out. */
function headersOf(
  parameters: Readonly<Record<string, string>>,
  exchange: Exchange,
  notes: string[],
): [string, string][] {
  const headers: [string, string][] = [];
  for (const [target, source] of Object.entries(parameters)) {
    const name = /^gatewayresponse\.header\.([!#$%&'*+.^_`|~0-9A-Za-z-]+)$/.exec(target)?.[1];
    const value = /^'(.*)'$/s.exec(source)?.[1] ?? expression(source, exchange);
    if (name === undefined || value === undefined || value === "") continue;
    if (/^[\t\x20-\x7e\x80-\xff]*$/.test(value)) headers.push([name, value]);
    else notes.push(`header ${name} is left out: its value holds characters that no header may have`);
  }
  return headers;
}

function expression(source: string, exchange: Exchange): string | undefined {
  const after = (prefix: string) => (source.startsWith(prefix) ? source.slice(prefix.length) : undefined);
  const context = after("context.");
  if (context !== undefined) return contextVariable(exchange, context);
  const variable = after("stageVariables.");
  if (variable !== undefined) return own(exchange.stage.variables, variable);
  const header = after("method.request.header.");
  if (header !== undefined) return lastHeader(exchange.request, header);
  const query = after("method.request.querystring.");
  if (query !== undefined)
    return queryPairs(exchange.request.query).findLast(([name]) => name === query)?.[1];
  const path = after("method.request.path.");
  return path === undefined ? undefined : own(exchange.route?.pathParameters ?? {}, path);
}

const own = (values: Readonly<Record<string, string>>, name: string): string | undefined =>
  Object.hasOwn(values, name) ? values[name] : undefined;

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
