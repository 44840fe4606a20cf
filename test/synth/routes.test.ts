/** The table of routes as Terraform: what a row says is what is deployed, and nothing that no row asks for. */
import { environments } from "#config/environments.ts";
import { routeKey, routesOf } from "#contract/routes.ts";
import { committedStack, type Json, resources } from "./synthesized.ts";

const apis = environments.flatMap((one) =>
  one.apis.map((api) => ({
    name: `${one.name}-${api.name}`,
    api,
    json: committedStack(`${one.name}-${api.name}`).json,
  })),
);

/** By `METHOD path`, the REST API's paths put together from their parts. */
function byRoute(json: Json, type: string): Map<string, Json> {
  const parts = new Map(
    resources(json, "aws_api_gateway_resource").map(({ address, attributes }) => [
      `\${${address}.id}`,
      attributes,
    ]),
  );
  const pathOf = (id: string): string => {
    const part = parts.get(id);
    return part ? `${pathOf(part.parent_id)}/${part.path_part}` : "";
  };
  const methodOf = (text: string) =>
    text.startsWith("${")
      ? resources(json, "aws_api_gateway_method").find(({ address }) => text.startsWith(`\${${address}.`))
          ?.attributes
      : undefined;
  return new Map(
    resources(json, type).map(({ attributes }) => {
      const method = methodOf(attributes.http_method) ?? attributes;
      return [`${method.http_method} ${pathOf(method.resource_id)}`, attributes];
    }),
  );
}

describe.each(apis)("$name", ({ api, json }) => {
  test("has the methods of its rows and no other, each behind the authorizer", () => {
    const deployed = byRoute(json, "aws_api_gateway_method");
    expect([...deployed.keys()].sort()).toEqual(routesOf(api).map(routeKey).sort());
    for (const method of deployed.values()) expect(method.authorization).toBe("CUSTOM");
  });

  test("each is answered by what its row says", () => {
    const integrations = byRoute(json, "aws_api_gateway_integration");
    for (const route of routesOf(api)) {
      const type = route.mock ? "MOCK" : route.function ? "AWS_PROXY" : "HTTP_PROXY";
      expect([routeKey(route), integrations.get(routeKey(route))?.type]).toEqual([routeKey(route), type]);
    }
  });

  test("requests are checked where a row asks, by a model of every content type", () => {
    const deployed = byRoute(json, "aws_api_gateway_method");
    for (const route of routesOf(api)) {
      const method = deployed.get(routeKey(route));
      expect([routeKey(route), Boolean(method.request_validator_id)]).toEqual([
        routeKey(route),
        route.request !== undefined,
      ]);
      expect(Object.keys(method.request_models ?? {})).toEqual(route.request?.body ? ["$default"] : []);
      for (const name of route.request?.headers ?? [])
        expect(method.request_parameters[`method.request.header.${name}`]).toBe(true);
    }
  });

  test("has preflights and the headers for pages only where it names an origin", () => {
    const options = [...byRoute(json, "aws_api_gateway_method").keys()].filter((key) =>
      key.startsWith("OPTIONS "),
    );
    const refusals = resources(json, "aws_api_gateway_gateway_response").map(
      ({ attributes }) =>
        attributes.response_parameters["gatewayresponse.header.Access-Control-Allow-Origin"],
    );
    const variables = resources(json, "aws_api_gateway_stage").map(({ attributes }) => attributes.variables);
    if (api.cors) {
      expect(options).not.toEqual([]);
      expect(new Set(refusals)).toEqual(new Set([`'${api.cors.origin}'`]));
      for (const one of variables) expect(one).toEqual({ crossOrigin: api.cors.origin });
    } else {
      expect(options).toEqual([]);
      expect(new Set(refusals)).toEqual(new Set([undefined]));
      for (const one of variables) expect(one).toBeUndefined();
    }
  });
});

test("a preflight names the methods and headers that its path's rows allow, and nothing by *", () => {
  const local = committedStack("local-api").json;
  const answers = byRoute(local, "aws_api_gateway_integration_response");
  expect(answers.get("OPTIONS /cust-info/v1/data")).toMatchObject({
    status_code: expect.stringContaining("aws_api_gateway_method_response"),
    response_parameters: {
      "method.response.header.Access-Control-Allow-Origin": "'https://app.local.example.com'",
      "method.response.header.Access-Control-Allow-Credentials": "'true'",
      "method.response.header.Access-Control-Allow-Methods": "'GET'",
      "method.response.header.Access-Control-Allow-Headers": "'x-fapi-interaction-id'",
      "method.response.header.Access-Control-Max-Age": "'600'",
    },
  });
  expect(JSON.stringify([...answers.values()])).not.toContain("*");
});
