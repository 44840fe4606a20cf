/**
 * Holds a request against its method's request validator, as API Gateway does once the request is authorized ("before
 * proceeding with the integration request", Developer Guide, Request validation for REST APIs): required parameters
 * first, then the body against the model of its content type.
 *
 * The model is that of the content type (application/json when the request names none), else that of `$default`; with
 * neither nothing is checked, as on AWS. An empty body counts as `{}`. Whether AWS takes a required header in another
 * spelling is not known: refused here.
 */
import draft4, { type ValidateFunction } from "ajv-draft-04";
import type { DeployedMethod, DeployedRestApi } from "#aws/deployed-api-model.ts";
import { queryPairs } from "./event.ts";
import { type Exchange, lastHeader } from "./exchange.ts";
import type { GatewayResponseType } from "./gateway-response.ts";
import { type Reason, reason } from "./reason.ts";

export interface Refusal {
  readonly type: GatewayResponseType;
  readonly reason: Reason;
  /** AWS's own message where it is not the type's. */
  readonly message?: string;
}

/** Undefined: nothing to refuse. */
export function validateRequest(method: DeployedMethod, exchange: Exchange): Refusal | undefined {
  if (!method.requestValidatorId) return undefined;
  const validator = exchange.api.requestValidators.find(({ id }) => id === method.requestValidatorId);
  if (!validator) return unknown("a request validator that the API has not");
  return (
    (validator.parameters ? missingParameters(method, exchange) : undefined) ??
    (validator.body ? wrongBody(method, exchange) : undefined)
  );
}

function missingParameters({ requestParameters }: DeployedMethod, exchange: Exchange): Refusal | undefined {
  const missing: string[] = [];
  for (const [name, required] of Object.entries(requestParameters)) {
    const [, place, key] = /^method\.request\.(header|querystring|path)\.(.+)$/.exec(name) ?? [];
    if (!place || !key) return unknown(`the request parameter ${name}`);
    if (required && !valuesAt(place, key, exchange).some((value) => value.trim() !== "")) missing.push(key);
  }
  if (missing.length === 0) return undefined;
  const message = `Missing required request parameters: [${missing.join(", ")}]`;
  return { type: "BAD_REQUEST_PARAMETERS", reason: reason("request-invalid", message), message };
}

function valuesAt(place: string, key: string, { request, route }: Exchange): readonly string[] {
  const pairs = {
    header: request.headers,
    querystring: queryPairs(request.query),
    path: Object.entries(route?.pathParameters ?? {}),
  }[place];
  return (pairs ?? []).flatMap(([name, value]) => (name === key ? [value] : []));
}

function wrongBody({ requestModels }: DeployedMethod, exchange: Exchange): Refusal | undefined {
  const name = modelFor(requestModels, contentType(exchange));
  if (name === undefined) return undefined;
  const judge = judgeOf(exchange.api, name);
  if (!judge) return unknown(`the model ${name}`);
  const value = readJson(exchange.request.body);
  if (value !== undefined && judge(value.json)) return undefined;
  const [error] = value ? (judge.errors ?? []) : [];
  // Where and which keyword: not what the client wrote.
  const detail = error ? `${error.schemaPath} does not hold` : "no JSON in UTF-8";
  return { type: "BAD_REQUEST_BODY", reason: reason("request-invalid", detail) };
}

/** Type and subtype alone, in lower case. */
export function contentType({ request }: Exchange): string {
  const [essence = ""] = (lastHeader(request, "content-type") ?? "").split(";");
  return essence.trim().toLowerCase() || "application/json";
}

function modelFor(models: DeployedMethod["requestModels"], type: string): string | undefined {
  const own = Object.keys(models).find((key) => key.toLowerCase() === type);
  return models[own ?? "$default"];
}

function readJson(body: Buffer): { readonly json: unknown } | undefined {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(body);
    return { json: JSON.parse(text === "" ? "{}" : text) };
  } catch {
    return undefined;
  }
}

const compiled = new Map<string, ValidateFunction | undefined>();

/** Undefined: there is no such model, or it is no schema of draft 4 that is whole in itself. */
function judgeOf({ models }: DeployedRestApi, name: string): ValidateFunction | undefined {
  const text = Object.hasOwn(models, name) ? (models[name] as string) : "";
  if (!compiled.has(text)) compiled.set(text, compile(text));
  return compiled.get(text);
}

function compile(text: string): ValidateFunction | undefined {
  try {
    // Formats are told, not checked.
    return new draft4.default({ strict: false, validateFormats: false }).compile(JSON.parse(text));
  } catch {
    return undefined;
  }
}

const unknown = (what: string): Refusal => ({
  type: "API_CONFIGURATION_ERROR",
  reason: reason("not-emulated", what),
});
