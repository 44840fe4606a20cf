/** The event of a REQUEST authorizer, payload version 1 (FACTS 2). It holds no body. */
import { eventParameters } from "./event.ts";
import { type Exchange, eventPath, methodArn, requestContext } from "./exchange.ts";

export function authorizerEvent(exchange: Exchange): Record<string, unknown> {
  const { request, stage, route } = exchange;
  const parameters = eventParameters(exchange);
  return {
    type: "REQUEST",
    methodArn: methodArn(exchange),
    resource: route?.resource.path,
    path: eventPath(exchange),
    httpMethod: request.method,
    headers: parameters.headers,
    multiValueHeaders: parameters.multiValueHeaders,
    queryStringParameters: parameters.queryStringParameters,
    multiValueQueryStringParameters: parameters.multiValueQueryStringParameters,
    pathParameters: route?.pathParameters ?? {},
    stageVariables: stage.variables,
    requestContext: requestContext(exchange),
  };
}
