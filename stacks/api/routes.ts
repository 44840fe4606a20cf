/**
 * The REST API and its routes, one row of contract/routes.ts each: resource, method, integration, function,
 * permission.
 */
import type { ApiGatewayAuthorizer } from "@cdktf/provider-aws/lib/api-gateway-authorizer/index.js";
import { ApiGatewayIntegration } from "@cdktf/provider-aws/lib/api-gateway-integration/index.js";
import { ApiGatewayMethod } from "@cdktf/provider-aws/lib/api-gateway-method/index.js";
import { ApiGatewayResource } from "@cdktf/provider-aws/lib/api-gateway-resource/index.js";
import type { ApiGatewayRestApi } from "@cdktf/provider-aws/lib/api-gateway-rest-api/index.js";
import type { ITerraformDependable, TerraformResource } from "cdktf";
import { Construct } from "constructs";
import type { ApiEnvironment, Environment } from "#config/environment.ts";
import type { RouteFunction } from "#contract/function-environment.ts";
import { apiFunctionName } from "#contract/names.ts";
import { type Route, routes } from "#contract/routes.ts";
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
    for (const route of routes) this.#route(route);
  }

  #route(route: Route): void {
    const { restApi, authorizer } = this.#props;
    const slug = `${route.method} ${route.path}`.replace(/[^A-Za-z0-9]+/g, "-").toLowerCase();
    const target = this.#function(route.function);
    const resource = this.#resource(route.path);
    const method = new ApiGatewayMethod(this, `${slug}-method`, {
      restApiId: restApi.id,
      resourceId: resource,
      httpMethod: route.method,
      authorization: "CUSTOM",
      authorizerId: authorizer.id,
    });
    const integration = new ApiGatewayIntegration(this, `${slug}-integration`, {
      restApiId: restApi.id,
      resourceId: resource,
      httpMethod: method.httpMethod,
      type: "AWS_PROXY",
      integrationHttpMethod: "POST",
      uri: target.function.invokeArn,
      timeoutMilliseconds: route.timeoutMilliseconds,
    });
    const permission = target.allow(
      slug,
      "apigateway.amazonaws.com",
      `${restApi.executionArn}/${this.#props.api.stage}/${route.method}${route.path.replace(/\{[^}]+\}/g, "*")}`,
    );
    this.configuration.push(method, integration);
    this.ready.push(permission);
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
        Math.max(...routes.filter((one) => one.function === slug).map((one) => one.timeoutMilliseconds)) /
          1000,
      ),
      memoryMegabytes: 256,
      logRetentionDays: api.logs.retentionDays,
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
