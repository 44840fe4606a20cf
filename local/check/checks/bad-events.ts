/**
 * Check 29: events that API Gateway would not send, given to the deployed authorizer directly. Every one is answered
 * by a Deny with its code or by `Unauthorized`, none by an exception of another kind; their twin is allowed.
 */
import { readFileSync } from "node:fs";
import { apiFunctionName } from "#contract/names.ts";
import type { CheckContext } from "../context.ts";
import { authorizerEvent } from "./certificates.ts";

type Event = Awaited<ReturnType<typeof authorizerEvent>>;

export async function badEvents(at: CheckContext): Promise<void> {
  const pem = readFileSync(at.good.certificate, "utf8");
  const event = await authorizerEvent(at, "check-29", pem);
  const rows: readonly (readonly [what: string, event: unknown, told: string])[] = [
    ["an event as it should be", event, "Allow allowed"],
    ["nothing", null, "Deny wrong-api"],
    ["an empty event", {}, "Deny wrong-api"],
    ["an event without requestContext", { ...event, requestContext: undefined }, "Deny wrong-api"],
    ["an event of payload version 2.0", { ...event, version: "2.0" }, "Deny wrong-api"],
    ["another API's event", within(event, { apiId: "zzzzzzzzzz" }), "Deny wrong-api"],
    ["an event without clientCert", within(event, { identity: {} }), "Deny no-certificate"],
    ["an empty certificate", withPem(event, ""), "Deny no-certificate"],
    ["a doubled certificate", withPem(event, pem + pem), "Deny certificate-malformed"],
    ["a certificate of 100 kB", withPem(event, pem + "\n".repeat(100_000)), "Deny certificate-malformed"],
    ["a certificate that is a number", within(event, identity(7)), "Deny no-certificate"],
    ["a certificate with a NUL", withPem(event, `${pem}\0`), "Deny certificate-malformed"],
    ["a resource of another route's shape", { ...event, resource: "/*" }, "Deny unknown-route"],
    [
      "two Authorization headers that differ",
      {
        ...{ ...event, httpMethod: "GET", resource: "/time" },
        ...{ headers: { Authorization: "Bearer a" }, multiValueHeaders: { authorization: ["Bearer b"] } },
      },
      "thrown: Unauthorized",
    ],
  ];
  for (const [what, one, told] of rows) at.report.row(29, what, told, await answerTo(at, one));
}

async function answerTo(at: CheckContext, event: unknown): Promise<string> {
  const name = apiFunctionName(at.environment.name, at.api.name, "authorizer");
  const { answer, error } = await at.apiAccount.invoke(name, event);
  if (error) return `thrown: ${(answer as { readonly errorMessage?: string }).errorMessage}`;
  const { policyDocument, context } = answer as Answer;
  return `${policyDocument.Statement.map(({ Effect }) => Effect).join()} ${context.code}`;
}

interface Answer {
  readonly policyDocument: { readonly Statement: readonly { readonly Effect: string }[] };
  readonly context: { readonly code: string };
}

const within = (event: Event, change: object) => ({
  ...event,
  requestContext: { ...event.requestContext, ...change },
});
const identity = (clientCertPem: unknown) => ({ identity: { clientCert: { clientCertPem } } });
const withPem = (event: Event, pem: string) => within(event, identity(pem));
