/**
 * The REST API and its routes, one row of contract/routes.ts each: resource, method, integration, and the function
 * with its permission or the backend with its token.
 */
import type { ApiGatewayAuthorizer } from "@cdktf/provider-aws/lib/api-gateway-authorizer/index.js";
import { ApiGatewayIntegration } from "@cdktf/provider-aws/lib/api-gateway-integration/index.js";
import { ApiGatewayMethod } from "@cdktf/provider-aws/lib/api-gateway-method/index.js";
import { ApiGatewayResource } from "@cdktf/provider-aws/lib/api-gateway-resource/index.js";
import type { ApiGatewayRestApi } from "@cdktf/provider-aws/lib/api-gateway-rest-api/index.js";
import type { ITerraformDependable, TerraformResource } from "cdktf";
import { Construct } from "constructs";
import type { ApiEnvironment, Environment } from "#config/environment.ts";
import { backendTokenHeader, backendTokenKey } from "#contract/backend-token.ts";
import type { RouteFunction } from "#contract/function-environment.ts";
import { apiFunctionName } from "#contract/names.ts";
import {
  type BackendRoute,
  executeApiPath,
  type FunctionRoute,
  parametersOf,
  type Route,
  routesOf,
} from "#contract/routes.ts";
import { NodeFunction } from "#stacks/shared/node-function.ts";

export interface RoutesProps {
  readonly environment: Environment;
  readonly api: ApiEnvironment;
  readonly restApi: ApiGatewayRestApi;
  readonly authorizer: ApiGatewayAuthorizer;
}

export class Routes extends Construct {
  /** Everything whose change calls for a redeployment. */
  readonly configuration: TerraformResource[] = [];
  /** What a deployment waits for besides. */
  readonly ready: ITerraformDependable[] = [];

  readonly #props: RoutesProps;
  readonly #functions = new Map<string, NodeFunction<RouteFunction>>();
  readonly #resources = new Map<string, ApiGatewayResource>();

  constructor(scope: Construct, id: string, props: RoutesProps) {
    super(scope, id);
    this.#props = props;
    for (const route of routesOf(props.api)) this.#route(route);
  }

  #route(route: Route): void {
    const { restApi, authorizer } = this.#props;
    const slug = `${route.method} ${route.path}`
      .replace(/[^A-Za-z0-9]+/g, "-")
      .replace(/-$/, "")
      .toLowerCase();
    const resource = this.#resource(route.path);
    const parameters = parametersOf(route.path);
    const method = new ApiGatewayMethod(this, `${slug}-method`, {
      restApiId: restApi.id,
      resourceId: resource,
      httpMethod: route.method,
      authorization: "CUSTOM",
      authorizerId: authorizer.id,
      ...(this.#props.api.quotas ? { apiKeyRequired: true } : {}),
      ...(parameters.length > 0
        ? {
            requestParameters: Object.fromEntries(
              parameters.map((one) => [`method.request.path.${one}`, true]),
            ),
          }
        : {}),
    });
    const integration = new ApiGatewayIntegration(this, `${slug}-integration`, {
      restApiId: restApi.id,
      resourceId: resource,
      httpMethod: method.httpMethod,
      timeoutMilliseconds: route.timeoutMilliseconds,
      ...(route.function === undefined ? this.#toBackend(route) : this.#toFunction(route, slug)),
    });
    this.configuration.push(method, integration);
  }

  #toFunction(route: FunctionRoute, slug: string) {
    const { restApi, api } = this.#props;
    const target = this.#function(route.function);
    const source = `${restApi.executionArn}/${api.stage}/${executeApiPath(route)}`;
    this.ready.push(target.allow(slug, "apigateway.amazonaws.com", source));
    return { type: "AWS_PROXY", integrationHttpMethod: "POST", uri: target.function.invokeArn };
  }

  /** Method, query, headers and body pass as they are; the token takes the place of one that a client brings. */
  #toBackend(route: BackendRoute) {
    const { backend } = this.#props.api;
    // The table's rows to a backend are left out where there is none.
    if (!backend) throw new Error(`${route.path} without a backend`);
    return {
      type: "HTTP_PROXY",
      integrationHttpMethod: route.method,
      uri: `${backend.url}${route.backend}`,
      requestParameters: Object.fromEntries([
        ...parametersOf(route.backend).map((one) => [
          `integration.request.path.${one}`,
          `method.request.path.${one}`,
        ]),
        [`integration.request.header.${backendTokenHeader}`, `context.authorizer.${backendTokenKey}`],
      ]) as Record<string, string>,
    };
  }

  #function(slug: string): NodeFunction<RouteFunction> {
    const known = this.#functions.get(slug);
    if (known) return known;
    const { environment, api } = this.#props;
    const made = new NodeFunction(this, slug, {
      // Checked by the guards.
      slug: slug as RouteFunction,
      functionName: apiFunctionName(environment.name, api.name, slug),
      description: `Answers routes of ${api.name}`,
      environment: {},
      statements: [],
      // API Gateway would not wait longer for it.
      timeoutSeconds: Math.ceil(
        Math.max(
          ...routesOf(api)
            .filter((one) => one.function === slug)
            .map((one) => one.timeoutMilliseconds),
        ) / 1000,
      ),
      memoryMegabytes: 256,
      logRetentionDays: api.logs.retentionDays,
      logKmsKeyArn: api.logs.kmsKeyArn,
    });
    this.#functions.set(slug, made);
    this.ready.push(...made.ready);
    return made;
  }

  /** The id of the resource of a path, made with its parents when it is not there yet. */
  #resource(path: string): string {
    if (path === "/" || path === "") return this.#props.restApi.rootResourceId;
    const known = this.#resources.get(path);
    if (known) return known.id;
    const cut = path.lastIndexOf("/");
    const made = new ApiGatewayResource(this, `path${path.replace(/[^A-Za-z0-9]+/g, "-")}`, {
      restApiId: this.#props.restApi.id,
      parentId: this.#resource(path.slice(0, cut)),
      pathPart: path.slice(cut + 1),
    });
    this.#resources.set(path, made);
    this.configuration.push(made);
    return made.id;
  }
}
