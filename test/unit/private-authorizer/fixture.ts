/** Events of the private API, as NGINX's requests make them. */
import { edgeHeaders } from "#contract/private-edge.ts";
import { requestEvent } from "../authorizer/fixture.ts";

export const secret = "dGVzdC1vbmx5LXNlY3JldC1vZi00My1jaGFyYWN0ZXJz";
export const privateDeployment = { apiId: "a1b2c3d4e5", stage: "dev", vpcEndpoint: "vpce-1" };

type Event = ReturnType<typeof requestEvent> & Record<string, unknown>;

/** With exactly these headers, and no client certificate of API Gateway's own. */
export function carrying(
  certificatePem: string,
  headers: Readonly<Record<string, readonly string[]>>,
  context: Readonly<Record<string, unknown>> = {},
): Event {
  const event = requestEvent(certificatePem) as Event;
  const last = Object.entries(headers).map(([name, values]) => [name, values.at(-1)]);
  return {
    ...event,
    headers: Object.fromEntries(last),
    multiValueHeaders: headers,
    queryStringParameters: {},
    requestContext: {
      ...(event.requestContext as object),
      domainName: "a1b2c3d4e5.execute-api.eu-west-2.amazonaws.com",
      identity: { sourceIp: "10.0.0.1", vpceId: "vpce-1", vpcId: "vpc-1" },
      ...context,
    },
  } as unknown as Event;
}

export const privateEvent = (
  certificatePem: string,
  itsSecret = secret,
  header = encodeURIComponent(certificatePem),
  context: Readonly<Record<string, unknown>> = {},
): Event =>
  carrying(
    certificatePem,
    { "X-Client-Certificate": [header], [edgeHeaders.secret]: [itsSecret], Host: ["ignored"] },
    context,
  );
