/**
 * The last step: the decision in API Gateway's words. Allow is for exactly the route's row.
 *
 * The resource is built from where this function is deployed and the route's row, never from `methodArn` or the
 * request's path: a path may hold `*`, which would be a wildcard.
 */
import { problems } from "#contract/problems.ts";
import { executeApiPath, type Route } from "#contract/routes.ts";
import { type Decision, type Refused, stepOf } from "../decision.ts";
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
  readonly context: Readonly<Record<string, string>>;
}

export function policy(decision: Decision, deployment: Deployment, account: Account): AuthorizerAnswer {
  const resource = resourceOf(decision.route, deployment, account);
  if (!decision.allowed)
    return answer(decision.client?.principal ?? "unknown", "Deny", resource, refusal(decision));
  const { client, rule } = decision;
  return answer(client.principal, "Allow", resource, {
    code: "allowed",
    step: "policy",
    principal: client.principal,
    generation: client.generation,
    serial: client.serial,
    thumbprint: client.thumbprint,
    rule,
  });
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

const refusal = ({ code, client }: Refused): AuthorizerAnswer["context"] => ({
  code,
  step: stepOf(code),
  message: problems[code].message,
  ...(client ? { principal: client.principal } : {}),
});

/** The row of the route; without one the whole API, which only a Deny is ever given. */
function resourceOf(route: Route | undefined, deployment: Deployment, at: Account): string {
  const { apiId, stage } = deployment;
  const row = route ? executeApiPath(route) : "*";
  return `arn:${at.partition}:execute-api:${at.region}:${at.account}:${apiId}/${stage}/${row}`;
}
