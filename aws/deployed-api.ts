/**
 * Reads what is deployed behind a custom domain name back from API Gateway: every page, nothing guessed.
 *
 * It reads the API's present configuration (GetResources and its like). AWS serves the snapshot that the last
 * deployment took of it: a change that was not redeployed shows here and not on AWS.
 */
import {
  APIGatewayClient,
  type Authorizer,
  type BasePathMapping as AwsBasePathMapping,
  type GatewayResponse,
  GetAuthorizersCommand,
  GetDomainNameCommand,
  GetGatewayResponsesCommand,
  GetRequestValidatorsCommand,
  GetRestApiCommand,
  GetStageCommand,
  type Integration,
  type IntegrationResponse,
  type Method,
  type MethodSetting,
  paginateGetBasePathMappings,
  paginateGetModels,
  paginateGetResources,
  type Resource,
  type Stage,
} from "@aws-sdk/client-api-gateway";
import { type Connection, clientConfiguration } from "./connection.ts";
import type {
  BasePathMapping,
  DeployedAuthorizer,
  DeployedDomain,
  DeployedGatewayResponse,
  DeployedIntegration,
  DeployedIntegrationResponse,
  DeployedMethod,
  DeployedMethodSettings,
  DeployedResource,
  DeployedRestApi,
  DeployedStage,
} from "./deployed-api-model.ts";

/** AWS's own defaults, where the answer leaves a value out. */
const defaultIntegrationTimeout = 29_000;
const defaultAuthorizerTtl = 300;

export class DeployedApi {
  readonly #client: APIGatewayClient;
  readonly #region: string;

  constructor(connection: Connection) {
    this.#client = new APIGatewayClient(clientConfiguration(connection));
    this.#region = connection.region;
  }

  /** Throws the SDK's NotFoundException when there is no such domain name. */
  async read(domainName: string, account: string): Promise<DeployedDomain> {
    const domain = await this.#client.send(new GetDomainNameCommand({ domainName }));
    const mappings = await this.#mappings(domainName);
    const ids = [...new Set(mappings.map((mapping) => mapping.apiId))];
    const apis = await Promise.all(ids.map((id) => this.#api(id, mappings)));
    const { truststoreUri, truststoreVersion, truststoreWarnings } = domain.mutualTlsAuthentication ?? {};
    return {
      domainName,
      region: this.#region,
      account,
      securityPolicy: domain.securityPolicy ?? "TLS_1_0",
      ...(truststoreUri
        ? {
            mutualTls: {
              truststoreUri,
              ...(truststoreVersion ? { truststoreVersion } : {}),
              warnings: truststoreWarnings ?? [],
            },
          }
        : {}),
      mappings,
      apis,
    };
  }

  /** A private API and one of its stages: it has no domain, so that its execute-api address stands for one. */
  async readPrivate(restApiId: string, stage: string, account: string): Promise<DeployedDomain> {
    const mappings = [{ basePath: stage, apiId: restApiId, stage }];
    return {
      domainName: `${restApiId}.execute-api.${this.#region}.amazonaws.com`,
      ...{ region: this.#region, account, securityPolicy: "TLS_1_2", mappings },
      apis: [await this.#api(restApiId, mappings)],
    };
  }

  async #mappings(domainName: string): Promise<BasePathMapping[]> {
    const all: AwsBasePathMapping[] = [];
    for await (const page of paginateGetBasePathMappings(
      { client: this.#client },
      { domainName, limit: 500 },
    ))
      all.push(...(page.items ?? []));
    return all.map(({ basePath, restApiId, stage }) => ({
      basePath: !basePath || basePath === "(none)" ? "" : basePath.replace(/^\/+|\/+$/g, ""),
      apiId: wanted(restApiId, "a base path mapping's API"),
      ...(stage && stage !== "(none)" ? { stage } : {}),
    }));
  }

  async #api(restApiId: string, mappings: readonly BasePathMapping[]): Promise<DeployedRestApi> {
    const stageNames = new Set(mappings.flatMap((one) => (one.apiId === restApiId ? (one.stage ?? []) : [])));
    const [api, resources, authorizers, responses, validators, models, stages] = await Promise.all([
      this.#client.send(new GetRestApiCommand({ restApiId })),
      this.#resources(restApiId),
      this.#pages((position) =>
        this.#client.send(new GetAuthorizersCommand({ restApiId, position, limit: 500 })),
      ),
      this.#pages((position) =>
        this.#client.send(new GetGatewayResponsesCommand({ restApiId, position, limit: 500 })),
      ),
      this.#pages((position) =>
        this.#client.send(new GetRequestValidatorsCommand({ restApiId, position, limit: 500 })),
      ),
      this.#models(restApiId),
      Promise.all(
        [...stageNames].map((stageName) => this.#client.send(new GetStageCommand({ restApiId, stageName }))),
      ),
    ]);
    return {
      id: restApiId,
      disableExecuteApiEndpoint: api.disableExecuteApiEndpoint ?? false,
      ...(api.apiKeySource ? { apiKeySource: api.apiKeySource } : {}),
      binaryMediaTypes: api.binaryMediaTypes ?? [],
      ...(api.policy ? { resourcePolicy: withoutEscapes(api.policy) } : {}),
      ...(api.endpointConfiguration?.types?.includes("PRIVATE")
        ? { privateTo: api.endpointConfiguration.vpcEndpointIds ?? [] }
        : {}),
      resources,
      authorizers: authorizers.map(authorizerOf),
      // AWS lists its own defaults too; only what somebody set is configuration.
      gatewayResponses: responses.filter((one) => !one.defaultResponse).map(gatewayResponseOf),
      stages: stages.map(stageOf),
      models,
      requestValidators: validators.map(({ id, validateRequestBody, validateRequestParameters }) => ({
        id: wanted(id, "a request validator's id"),
        body: validateRequestBody ?? false,
        parameters: validateRequestParameters ?? false,
      })),
    };
  }

  async #resources(restApiId: string): Promise<DeployedResource[]> {
    const all: DeployedResource[] = [];
    const pages = paginateGetResources(
      { client: this.#client },
      { restApiId, embed: ["methods"], limit: 500 },
    );
    for await (const page of pages) all.push(...(page.items ?? []).map(resourceOf));
    return all;
  }

  async #models(restApiId: string): Promise<Record<string, string>> {
    const all: [string, string][] = [];
    for await (const page of paginateGetModels({ client: this.#client }, { restApiId, limit: 500 }))
      for (const { name, schema } of page.items ?? [])
        all.push([wanted(name, "a model's name"), schema ?? ""]);
    return Object.fromEntries(all);
  }

  /** For the lists that the SDK has no paginator for. */
  async #pages<T>(
    read: (
      position: string | undefined,
    ) => Promise<{ items?: T[] | undefined; position?: string | undefined }>,
  ): Promise<T[]> {
    const all: T[] = [];
    let position: string | undefined;
    do {
      const page = await read(position);
      all.push(...(page.items ?? []));
      position = page.position;
    } while (position);
    return all;
  }
}

function resourceOf({ id, path, resourceMethods }: Resource): DeployedResource {
  return {
    id: wanted(id, "a resource's id"),
    path: wanted(path, "a resource's path"),
    methods: Object.entries(resourceMethods ?? {}).map(([name, method]) => methodOf(name, method)),
  };
}

function methodOf(name: string, method: Method): DeployedMethod {
  const { authorizerId, requestValidatorId, operationName, methodIntegration: integration } = method;
  return {
    httpMethod: method.httpMethod ?? name,
    authorizationType: wanted(method.authorizationType, `the authorization type of ${name}`),
    ...(authorizerId ? { authorizerId } : {}),
    apiKeyRequired: method.apiKeyRequired ?? false,
    ...(requestValidatorId ? { requestValidatorId } : {}),
    ...(operationName ? { operationName } : {}),
    requestParameters: method.requestParameters ?? {},
    requestModels: method.requestModels ?? {},
    ...(integration ? { integration: integrationOf(name, integration) } : {}),
  };
}

function integrationOf(method: string, integration: Integration): DeployedIntegration {
  return {
    type: wanted(integration.type, `the type of the integration of ${method}`),
    httpMethod: integration.httpMethod ?? "ANY",
    requestParameters: integration.requestParameters ?? {},
    ...(integration.uri ? { uri: integration.uri } : {}),
    ...(integration.credentials ? { credentials: integration.credentials } : {}),
    timeoutMilliseconds: integration.timeoutInMillis ?? defaultIntegrationTimeout,
    requestTemplates: integration.requestTemplates ?? {},
    passthroughBehavior: integration.passthroughBehavior ?? "WHEN_NO_MATCH",
    responses: Object.values(integration.integrationResponses ?? {}).map(integrationResponseOf),
  };
}

function integrationResponseOf(response: IntegrationResponse): DeployedIntegrationResponse {
  return {
    statusCode: wanted(response.statusCode, "an integration response's status"),
    ...(response.selectionPattern ? { selectionPattern: response.selectionPattern } : {}),
    parameters: response.responseParameters ?? {},
    templates: response.responseTemplates ?? {},
  };
}

function authorizerOf(authorizer: Authorizer): DeployedAuthorizer {
  const { authorizerUri, authorizerCredentials, identitySource } = authorizer;
  return {
    id: wanted(authorizer.id, "an authorizer's id"),
    type: wanted(authorizer.type, "an authorizer's type"),
    ...(authorizerUri ? { uri: authorizerUri } : {}),
    ...(authorizerCredentials ? { credentials: authorizerCredentials } : {}),
    identitySources: (identitySource ?? "")
      .split(",")
      .map((one) => one.trim())
      .filter((one) => one !== ""),
    resultTtlSeconds: authorizer.authorizerResultTtlInSeconds ?? defaultAuthorizerTtl,
  };
}

function gatewayResponseOf(response: GatewayResponse): DeployedGatewayResponse {
  return {
    responseType: wanted(response.responseType, "a gateway response's type"),
    ...(response.statusCode ? { statusCode: response.statusCode } : {}),
    responseParameters: response.responseParameters ?? {},
    responseTemplates: response.responseTemplates ?? {},
  };
}

function stageOf(stage: Stage): DeployedStage {
  const { destinationArn, format } = stage.accessLogSettings ?? {};
  const settings = Object.entries(stage.methodSettings ?? {});
  return {
    name: wanted(stage.stageName, "a stage's name"),
    deploymentId: wanted(stage.deploymentId, "a stage's deployment"),
    variables: stage.variables ?? {},
    methodSettings: Object.fromEntries(
      settings.map(([key, value]) => [key.replaceAll("~1", "/").replace(/^\//, ""), methodSettingsOf(value)]),
    ),
    ...(destinationArn && format ? { accessLog: { destinationArn, format } } : {}),
    ...(stage.webAclArn ? { webAclArn: stage.webAclArn } : {}),
  };
}

/** AWS says -1 for "the account's". */
function methodSettingsOf(setting: MethodSetting): DeployedMethodSettings {
  const { throttlingRateLimit: rate, throttlingBurstLimit: burst } = setting;
  return {
    ...(rate !== undefined && rate >= 0 ? { ratePerSecond: rate } : {}),
    ...(burst !== undefined && burst >= 0 ? { burst } : {}),
  };
}

/** GetRestApi gives the policy as the inside of a JSON string: `{\\"Version\\": …`. */
function withoutEscapes(policy: string): string {
  try {
    return String(JSON.parse(`"${policy}"`));
  } catch {
    // With quotation marks of its own it is JSON already.
    return policy;
  }
}

function wanted<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new Error(`API Gateway's answer lacks ${what}`);
  return value;
}
