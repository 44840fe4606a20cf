/**
 * The table of routes as one REST API: resource, method, what a request must bring, and what answers: a function with
 * its permission, the backend with its token, or API Gateway itself. A stack may have the table twice, as two REST
 * APIs; they share the functions.
 */
import type { ApiGatewayAuthorizer } from "@cdktf/provider-aws/lib/api-gateway-authorizer/index.js";
import { ApiGatewayIntegration } from "@cdktf/provider-aws/lib/api-gateway-integration/index.js";
import { ApiGatewayMethod } from "@cdktf/provider-aws/lib/api-gateway-method/index.js";
import { ApiGatewayResource } from "@cdktf/provider-aws/lib/api-gateway-resource/index.js";
import type { ApiGatewayRestApi } from "@cdktf/provider-aws/lib/api-gateway-rest-api/index.js";
import type { ITerraformDependable, TerraformResource } from "cdktf";
import { Construct } from "constructs";
import type { ApiEnvironment } from "#config/environment.ts";
import { backendTokenHeader, backendTokenKey } from "#contract/backend-token.ts";
import { originHeaders } from "#contract/cross-origin.ts";
import {
  type BackendRoute,
  executeApiPath,
  type FunctionRoute,
  type MockRoute,
  parametersOf,
  type Route,
  routesOf,
} from "#contract/routes.ts";
import { MockAnswer } from "./mock-answer.ts";
import { RequestValidation } from "./request-validation.ts";
import type { RouteFunctions } from "./route-functions.ts";

export interface RoutesProps {
  readonly api: ApiEnvironment;
  readonly restApi: ApiGatewayRestApi;
  readonly authorizer: ApiGatewayAuthorizer;
  readonly functions: RouteFunctions;
  /** What a backend is sent besides: mappings of its integration. */
  readonly backendHeaders?: Readonly<Record<string, string>>;
}

export class Routes extends Construct {
  /** Everything whose change calls for a redeployment. */
  readonly configuration: TerraformResource[] = [];
  /** What a deployment waits for besides. */
  readonly ready: ITerraformDependable[] = [];

  readonly #props: RoutesProps;
  readonly #validation: RequestValidation;
  readonly #resources = new Map<string, ApiGatewayResource>();

  constructor(scope: Construct, id: string, props: RoutesProps) {
    super(scope, id);
    this.#props = props;
    this.#validation = new RequestValidation(this, "requests", props);
    for (const route of routesOf(props.api)) this.#route(route);
    this.configuration.push(...this.#validation.configuration);
  }

  #route(route: Route): void {
    const { restApi, authorizer, api } = this.#props;
    const slug = `${route.method} ${route.path}`
      .replace(/[^A-Za-z0-9]+/g, "-")
      .replace(/-$/, "")
      .toLowerCase();
    const method = new ApiGatewayMethod(this, `${slug}-method`, {
      restApiId: restApi.id,
      resourceId: this.#resource(route.path),
      httpMethod: route.method,
      authorization: "CUSTOM",
      authorizerId: authorizer.id,
      ...(api.quotas ? { apiKeyRequired: true } : {}),
      ...this.#validation.ofMethod(slug, parametersOf(route.path), route.request),
    });
    this.configuration.push(method);
    if (route.mock !== undefined) this.#mock(route, slug, method);
    else this.#passOn(route, slug, method);
  }

  #mock(route: MockRoute, slug: string, method: ApiGatewayMethod): void {
    const { cors } = this.#props.api;
    const headers = route.cors && cors ? originHeaders(cors.origin) : {};
    const mock = new MockAnswer(this, `${slug}-answer`, { method, answer: route.mock, headers });
    this.configuration.push(...mock.configuration);
  }

  #passOn(route: FunctionRoute | BackendRoute, slug: string, method: ApiGatewayMethod): void {
    const integration = new ApiGatewayIntegration(this, `${slug}-integration`, {
      restApiId: method.restApiId,
      resourceId: method.resourceId,
      httpMethod: method.httpMethod,
      timeoutMilliseconds: route.timeoutMilliseconds,
      ...(route.function === undefined ? this.#toBackend(route) : this.#toFunction(route, slug)),
    });
    this.configuration.push(integration);
  }

  #toFunction(route: FunctionRoute, slug: string) {
    const { restApi, api, functions } = this.#props;
    const target = functions.of(route.function);
    const source = `${restApi.executionArn}/${api.stage}/${executeApiPath(route)}`;
    const permission = target.allow(`${this.node.id}-${slug}`, "apigateway.amazonaws.com", source);
    this.ready.push(...target.ready, permission);
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
        ...Object.entries(this.#props.backendHeaders ?? {}),
        [`integration.request.header.${backendTokenHeader}`, `context.authorizer.${backendTokenKey}`],
      ]) as Record<string, string>,
    };
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
