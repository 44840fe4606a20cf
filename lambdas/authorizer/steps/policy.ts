/**
 * The last step: the decision in API Gateway's words. Allow is for exactly the route's row.
 *
 * The resource is built from where this function is deployed and the route's row, never from `methodArn` or the
 * request's path: a path may hold `*`, which would be a wildcard.
 */
import { backendTokenKey } from "#contract/backend-token.ts";
import { problems } from "#contract/problems.ts";
import { executeApiPath, type Route } from "#contract/routes.ts";
import { type Allowed, type Context, type Decision, type Grant, type Refused, stepOf } from "../decision.ts";
import type { Deployment } from "./place.ts";

/** Where the API's ARNs begin. */
export interface Account {
  readonly partition: string;
  readonly region: string;
  readonly account: string;
}

/** API Gateway's answer format; at most 8 KB in all. */
export interface AuthorizerAnswer {
  readonly principalId: string;
  readonly policyDocument: {
    readonly Version: "2012-10-17";
    readonly Statement: readonly [
      { readonly Action: "execute-api:Invoke"; readonly Effect: "Allow" | "Deny"; readonly Resource: string },
    ];
  };
  /** For access logs, gateway responses and the integration. Nothing that a client could choose freely. */
  readonly context: Context;
  /** The value of the API key that counts the request (usage plans). */
  readonly usageIdentifierKey?: string;
}

export function policy(decision: Decision, deployment: Deployment, account: Account): AuthorizerAnswer {
  const resource = resourceOf(decision.route, deployment, account);
  const made = decision.allowed ? permission(decision, resource) : refusal(decision, resource);
  // Over 8 KB API Gateway would answer 500 and say nothing; then better a fault that says why.
  const size = Buffer.byteLength(JSON.stringify(made));
  if (size > maxBytes)
    throw new Error(`the answer has ${size} bytes, more than the ${maxBytes} that AWS takes`);
  return made;
}

const maxBytes = 8192;

function permission(allowed: Allowed, resource: string): AuthorizerAnswer {
  const { client, rule, grant, backendToken, context } = allowed;
  const own = {
    code: "allowed",
    step: "policy",
    principal: client.principal,
    generation: client.generation,
    serial: client.serial,
    thumbprint: client.thumbprint,
    rule: rule.name,
    ...(grant ? granted(grant) : {}),
    ...(backendToken === undefined ? {} : { [backendTokenKey]: backendToken }),
  };
  const usage = rule.usageKey === undefined ? {} : { usageIdentifierKey: rule.usageKey };
  return { ...answer(client.principal, "Allow", resource, { ...context, ...own }), ...usage };
}

const granted = ({ scopes, subject, clientId, expiresAt }: Grant): Context => ({
  scope: scopes.join(" "),
  ...(subject === undefined ? {} : { sub: subject }),
  ...(clientId === undefined ? {} : { client_id: clientId }),
  ...(expiresAt === undefined ? {} : { exp: String(expiresAt) }),
});

function refusal({ code, client, challenge, context }: Refused, resource: string): AuthorizerAnswer {
  const own = {
    code,
    step: stepOf(code),
    message: problems[code].message,
    ...(challenge === undefined ? {} : { challenge }),
    ...(client ? { principal: client.principal } : {}),
  };
  return answer(client?.principal ?? "unknown", "Deny", resource, { ...context, ...own });
}

/** Of the function's own ARN (`arn:aws:lambda:REGION:ACCOUNT:function:NAME`); throws when it is none. */
export function accountOf(functionArn: string): Account {
  const match = /^arn:(aws[a-z-]*):lambda:([a-z0-9-]+):(\d{12}):function:/.exec(functionArn);
  if (!match) throw new Error("the function's own ARN cannot be read");
  const [, partition, region, account] = match as unknown as [string, string, string, string];
  return { partition, region, account };
}

function answer(
  principalId: string,
  effect: "Allow" | "Deny",
  resource: string,
  context: AuthorizerAnswer["context"],
): AuthorizerAnswer {
  return {
    principalId,
    policyDocument: {
      Version: "2012-10-17",
      Statement: [{ Action: "execute-api:Invoke", Effect: effect, Resource: resource }],
    },
    context,
  };
}

/** The row of the route; without one the whole API, which only a Deny is ever given. */
function resourceOf(route: Route | undefined, deployment: Deployment, at: Account): string {
  const { apiId, stage } = deployment;
  const row = route ? executeApiPath(route) : "*";
  return `arn:${at.partition}:execute-api:${at.region}:${at.account}:${apiId}/${stage}/${row}`;
}
