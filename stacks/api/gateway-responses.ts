/**
 * What a caller is told when API Gateway or the authorizer refuses: exact bodies, and the authorizer's code
 * where AWS lets it through (a Deny has a context, a thrown `Unauthorized` has none).
 */
import { ApiGatewayGatewayResponse } from "@cdktf/provider-aws/lib/api-gateway-gateway-response/index.js";
import type { ApiGatewayRestApi } from "@cdktf/provider-aws/lib/api-gateway-rest-api/index.js";
import { Construct } from "constructs";
import type { ApiEnvironment } from "#config/environment.ts";
import { originHeaders } from "#contract/cross-origin.ts";
import { interactionIdHeader } from "#contract/interaction-id.ts";
import { problemBody } from "#contract/problems.ts";

export interface GatewayResponsesProps {
  readonly api: ApiEnvironment;
  readonly restApi: ApiGatewayRestApi;
}

export class GatewayResponses extends Construct {
  readonly all: readonly ApiGatewayGatewayResponse[];

  constructor(scope: Construct, id: string, props: GatewayResponsesProps) {
    super(scope, id);
    const origin = props.api.cors ? readableFrom(props.api.cors.origin) : {};
    this.all = answers.map(
      ({ type, status, body, headers }) =>
        new ApiGatewayGatewayResponse(this, type.toLowerCase().replaceAll("_", "-"), {
          restApiId: props.restApi.id,
          responseType: type,
          statusCode: status,
          responseTemplates: { "application/json": body },
          responseParameters: { ...interactionId, ...origin, ...headers },
        }),
    );
  }
}

interface Answer {
  readonly type: string;
  readonly status: string;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** FAPI: the caller's own mark of a request. A mapping without a value sends no header. */
const interactionId = {
  [`gatewayresponse.header.${interactionIdHeader}`]: `method.request.header.${interactionIdHeader}`,
};

/** Refusals belong to no route: a page of the API's one origin may read them all. */
const readableFrom = (origin: string): Record<string, string> =>
  Object.fromEntries(
    Object.entries(originHeaders(origin)).map(([name, value]) => [
      `gatewayresponse.header.${name}`,
      `'${value}'`,
    ]),
  );

const fault = problemBody('"Internal server error"', '"fault"');

const answers: readonly Answer[] = [
  {
    type: "UNAUTHORIZED",
    status: "401",
    body: problemBody('"Unauthorized"', '"unauthorized"'),
    // All that AWS allows here is a static header (RFC 6750 section 3 wants more).
    headers: { "gatewayresponse.header.WWW-Authenticate": `'Bearer error="invalid_token"'` },
  },
  {
    type: "ACCESS_DENIED",
    status: "403",
    body: problemBody('"$context.authorizer.message"', '"$context.authorizer.code"'),
    // The exact challenge, which only problems with a token have.
    headers: { "gatewayresponse.header.WWW-Authenticate": "context.authorizer.challenge" },
  },
  { type: "AUTHORIZER_FAILURE", status: "500", body: fault },
  { type: "AUTHORIZER_CONFIGURATION_ERROR", status: "500", body: fault },
  // How long to wait depends on the plan; a gateway response can say one thing only.
  {
    type: "THROTTLED",
    status: "429",
    body: problemBody('"Too many requests"', '"throttled"'),
    headers: { "gatewayresponse.header.Retry-After": "'1'" },
  },
  {
    type: "QUOTA_EXCEEDED",
    status: "429",
    body: problemBody('"The quota of the period is used up"', '"quota-exceeded"'),
    headers: { "gatewayresponse.header.Retry-After": "'3600'" },
  },
  // What the route's row asks of a request (contract/request-rules.ts). AWS's own words are of the request: not told.
  {
    type: "BAD_REQUEST_BODY",
    status: "400",
    body: problemBody('"The body is not what the route takes"', '"bad-request-body"'),
  },
  {
    type: "BAD_REQUEST_PARAMETERS",
    status: "400",
    body: problemBody('"A header or parameter that the route needs is missing"', '"bad-request-parameters"'),
  },
  {
    type: "UNSUPPORTED_MEDIA_TYPE",
    status: "415",
    body: problemBody('"The Content-Type is not what the route takes"', '"unsupported-media-type"'),
  },
  // The authorizer's key is in no plan: our mistake, not the client's.
  { type: "INVALID_API_KEY", status: "403", body: problemBody('"Forbidden"', '"no-usage-plan"') },
  { type: "WAF_FILTERED", status: "403", body: problemBody('"Forbidden"', '"firewall"') },
  // A backend or function that is down, breaks off, or answers with what is no HTTP; and one that is too slow.
  { type: "INTEGRATION_FAILURE", status: "502", body: problemBody('"Bad gateway"', '"integration-failed"') },
  {
    type: "INTEGRATION_TIMEOUT",
    status: "504",
    body: problemBody('"Gateway time-out"', '"integration-timeout"'),
  },
];
