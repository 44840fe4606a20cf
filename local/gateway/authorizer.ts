/**
 * Runs the deployed REQUEST authorizer as API Gateway does (FACTS 2): identity sources first, then the permission
 * to invoke, the function, its answer, its policy. Results are cached only where the configuration says so, under
 * AWS's rules: one policy for all methods of the stage.
 */
import type { DeployedAuthorizer } from "#aws/deployed-api-model.ts";
import type { Invocation } from "#aws/deployed-function.ts";
import { type AuthorizerAnswer, readAuthorizerAnswer } from "./authorizer-answer.ts";
import { authorizerEvent } from "./authorizer-event.ts";
import { queryPairs } from "./event.ts";
import { contextVariable, type Exchange, lastHeader, methodArn } from "./exchange.ts";
import type { FunctionPorts } from "./function-ports.ts";
import type { GatewayResponseType } from "./gateway-response.ts";
import { functionArnOf } from "./lambda-target.ts";
import { mayInvoke } from "./permissions.ts";
import { evaluatePolicy } from "./policy-evaluation.ts";
import { type Reason, reason } from "./reason.ts";

export type AuthorizerOutcome =
  | { readonly allowed: true; readonly usageKey?: string }
  | {
      readonly allowed: false;
      readonly type: GatewayResponseType;
      readonly message?: string;
      readonly reason: Reason;
    };

/** API Gateway waits no longer for an authorizer. */
const timeoutMilliseconds = 29_000;

export class Authorizers {
  readonly #ports: FunctionPorts;
  readonly #cache = new Map<string, { readonly answer: AuthorizerAnswer; readonly until: number }>();

  constructor(ports: FunctionPorts) {
    this.#ports = ports;
  }

  /** Sets `exchange.authorizer` when, and only when, the authorizer gave a policy. */
  async authorize(authorizer: DeployedAuthorizer, exchange: Exchange): Promise<AuthorizerOutcome> {
    if (authorizer.type !== "REQUEST" || authorizer.credentials)
      return refuse("AUTHORIZER_CONFIGURATION_ERROR", reason("not-emulated", unsupported(authorizer)));
    const sources = identityValues(authorizer, exchange);
    if ("missing" in sources)
      return unauthorized(
        exchange,
        reason("identity-source-missing", `${sources.missing} is missing or empty`),
      );
    const cached = this.#cached(authorizer, exchange, sources.values);
    const answer = cached ?? (await this.#ask(authorizer, exchange));
    if ("allowed" in answer) return answer;
    if (!cached) this.#keep(authorizer, exchange, sources.values, answer);
    exchange.authorizer = answer.variables;
    return decide(answer, exchange);
  }

  async #ask(
    authorizer: DeployedAuthorizer,
    exchange: Exchange,
  ): Promise<AuthorizerAnswer | (AuthorizerOutcome & { allowed: false })> {
    const { domain, api, stage, facts } = exchange;
    const functionArn = functionArnOf(authorizer.uri, stage.variables);
    if (!functionArn)
      return refuse(
        "AUTHORIZER_CONFIGURATION_ERROR",
        reason("not-emulated", `authorizer URI ${authorizer.uri}`),
      );
    const permission = mayInvoke(this.#ports.functionPolicy(functionArn), {
      functionArn,
      sourceArn: `arn:aws:execute-api:${domain.region}:${domain.account}:${api.id}/authorizers/${authorizer.id}`,
      sourceAccount: domain.account,
    });
    if (!permission.allowed)
      return refuse(
        "AUTHORIZER_CONFIGURATION_ERROR",
        reason("authorizer-permission-missing", permission.why),
      );
    const begun = this.#ports.clock().getTime();
    try {
      const event = JSON.stringify(authorizerEvent(exchange));
      const signal = AbortSignal.timeout(timeoutMilliseconds);
      const invocation = await this.#ports.invoke(functionArn, event, signal);
      return readInvocation(invocation, exchange);
    } catch (error) {
      facts.authorizerStatus = 500;
      facts.authorizerError = "Internal server error";
      return refuse("AUTHORIZER_FAILURE", reason("authorizer-not-reached", (error as Error).message));
    } finally {
      facts.authorizerLatency = this.#ports.clock().getTime() - begun;
    }
  }

  #cached(authorizer: DeployedAuthorizer, exchange: Exchange, values: readonly string[]) {
    if (!caches(authorizer, values)) return undefined;
    const entry = this.#cache.get(cacheKey(authorizer, exchange, values));
    return entry && entry.until > this.#ports.clock().getTime() ? entry.answer : undefined;
  }

  #keep(
    authorizer: DeployedAuthorizer,
    exchange: Exchange,
    values: readonly string[],
    answer: AuthorizerAnswer,
  ) {
    if (!caches(authorizer, values)) return;
    const now = this.#ports.clock().getTime();
    for (const [key, entry] of this.#cache) if (entry.until <= now) this.#cache.delete(key);
    const until = now + authorizer.resultTtlSeconds * 1000;
    this.#cache.set(cacheKey(authorizer, exchange, values), { answer, until });
  }
}

/** Without identity sources there is no key, and AWS caches nothing. */
const caches = (authorizer: DeployedAuthorizer, values: readonly string[]): boolean =>
  authorizer.resultTtlSeconds > 0 && values.length > 0;

const cacheKey = (authorizer: DeployedAuthorizer, exchange: Exchange, values: readonly string[]): string =>
  JSON.stringify([exchange.api.id, exchange.stage.name, authorizer.id, ...values]);

function identityValues(
  authorizer: DeployedAuthorizer,
  exchange: Exchange,
): { readonly values: readonly string[] } | { readonly missing: string } {
  const values: string[] = [];
  for (const source of authorizer.identitySources) {
    const value = identityValue(source, exchange);
    if (!value) return { missing: source };
    values.push(value);
  }
  return { values };
}

/** An expression that is not understood has no value, and the request is refused. */
function identityValue(source: string, exchange: Exchange): string | undefined {
  const after = (prefix: string) => (source.startsWith(prefix) ? source.slice(prefix.length) : undefined);
  const header = after("method.request.header.");
  if (header !== undefined) return lastHeader(exchange.request, header);
  const query = after("method.request.querystring.");
  if (query !== undefined)
    return queryPairs(exchange.request.query).findLast(([name]) => name === query)?.[1];
  const variable = after("stageVariables.");
  if (variable !== undefined)
    return Object.hasOwn(exchange.stage.variables, variable) ? exchange.stage.variables[variable] : undefined;
  const context = after("context.");
  return context === undefined ? undefined : contextVariable(exchange, context);
}

function readInvocation(
  { payload, functionError }: Invocation,
  exchange: Exchange,
): AuthorizerAnswer | (AuthorizerOutcome & { allowed: false }) {
  const { facts } = exchange;
  if (functionError !== undefined) {
    // This very word and no other: it is the whole of AWS's protocol for 401.
    if (errorMessage(payload) === "Unauthorized")
      return unauthorized(exchange, reason("authorizer-unauthorized", "the authorizer threw Unauthorized"));
    facts.authorizerStatus = 500;
    facts.authorizerError = "Internal server error";
    const detail = `the authorizer failed: ${errorMessage(payload) ?? functionError}`;
    return refuse("AUTHORIZER_CONFIGURATION_ERROR", reason("authorizer-failed", detail));
  }
  const answer = readAuthorizerAnswer(payload);
  if ("malformed" in answer) {
    facts.authorizerStatus = 500;
    facts.authorizerError = "Internal server error";
    return refuse("AUTHORIZER_CONFIGURATION_ERROR", reason("authorizer-answer-malformed", answer.malformed));
  }
  facts.authorizerStatus = 200;
  return answer;
}

function decide(answer: AuthorizerAnswer, exchange: Exchange): AuthorizerOutcome {
  const decision = evaluatePolicy(answer.statements, methodArn(exchange));
  if (decision === "allow")
    return { allowed: true, ...(answer.usageKey === undefined ? {} : { usageKey: answer.usageKey }) };
  exchange.facts.authorizerStatus = 403;
  const message = "User is not authorized to access this resource";
  return decision === "explicit-deny"
    ? {
        ...refuse("ACCESS_DENIED", reason("authorizer-denied", "the authorizer's policy denies this method")),
        message: `${message} with an explicit deny`,
      }
    : {
        ...refuse(
          "ACCESS_DENIED",
          reason("authorizer-allows-another-route", "the authorizer's policy does not name this method"),
        ),
        message,
      };
}

function unauthorized(exchange: Exchange, why: Reason) {
  exchange.facts.authorizerStatus = 401;
  exchange.facts.authorizerError = "Unauthorized";
  return refuse("UNAUTHORIZED", why);
}

function refuse(type: GatewayResponseType, why: Reason): AuthorizerOutcome & { allowed: false } {
  return { allowed: false, type, reason: why };
}

function unsupported({ type, credentials }: DeployedAuthorizer): string {
  return credentials ? "an authorizer invoked with a role" : `an authorizer of type ${type}`;
}

function errorMessage(payload: string): string | undefined {
  try {
    const message: unknown = JSON.parse(payload)?.errorMessage;
    return typeof message === "string" ? message : undefined;
  } catch {
    return undefined;
  }
}
