/** The event of a Lambda proxy integration, payload version 1: what is empty is null. */
import { eventParameters } from "./event.ts";
import { type Exchange, eventPath, lastHeader, requestContext } from "./exchange.ts";

export function proxyEvent(exchange: Exchange): Record<string, unknown> {
  const { request, stage, route, api, authorizer, facts } = exchange;
  const parameters = eventParameters(exchange);
  const binary =
    request.body.length > 0 && isBinary(api.binaryMediaTypes, lastHeader(request, "content-type"));
  return {
    resource: route?.resource.path,
    path: eventPath(exchange),
    httpMethod: request.method,
    headers: orNull(parameters.headers),
    multiValueHeaders: orNull(parameters.multiValueHeaders),
    queryStringParameters: orNull(parameters.queryStringParameters),
    multiValueQueryStringParameters: orNull(parameters.multiValueQueryStringParameters),
    pathParameters: orNull(route?.pathParameters ?? {}),
    stageVariables: orNull(stage.variables),
    requestContext: {
      ...requestContext(exchange),
      ...(authorizer
        ? { authorizer: { ...authorizer, integrationLatency: facts.authorizerLatency ?? 0 } }
        : {}),
    },
    body: request.body.length === 0 ? null : request.body.toString(binary ? "base64" : "utf8"),
    isBase64Encoded: binary,
  };
}

/** Whether the API's binary media types name this one. */
export function isBinary(binaryMediaTypes: readonly string[], contentType: string | undefined): boolean {
  const [type = ""] = (contentType ?? "").toLowerCase().split(";");
  const wanted = type.trim();
  if (wanted === "") return binaryMediaTypes.includes("*/*");
  const [family] = wanted.split("/");
  return binaryMediaTypes.some((one) => ["*/*", `${family}/*`, wanted].includes(one.toLowerCase()));
}

function orNull<T extends object>(values: T): T | null {
  return Object.keys(values).length > 0 ? values : null;
}
