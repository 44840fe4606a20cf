/**
 * What is deployed behind one custom domain name, as AWS tells it: our own words for the parts of API Gateway's
 * resources that decide on a request. Absent means absent on AWS; defaults that AWS applies are already applied.
 */

export interface DeployedDomain {
  readonly domainName: string;
  readonly region: string;
  readonly account: string;
  readonly securityPolicy: string;
  /** Left out: the domain asks for no client certificate. */
  readonly mutualTls?: {
    readonly truststoreUri: string;
    readonly truststoreVersion?: string;
    readonly warnings: readonly string[];
  };
  readonly mappings: readonly BasePathMapping[];
  /** Every API that a mapping names, with the stages that mappings name. */
  readonly apis: readonly DeployedRestApi[];
}

export interface BasePathMapping {
  /** Without slashes at its ends; "" for the whole domain. */
  readonly basePath: string;
  readonly apiId: string;
  /** Left out: the first segment of the path names the stage. */
  readonly stage?: string;
}

export interface DeployedRestApi {
  readonly id: string;
  readonly disableExecuteApiEndpoint: boolean;
  /** Where an API key is taken from. */
  readonly apiKeySource?: "HEADER" | "AUTHORIZER";
  readonly binaryMediaTypes: readonly string[];
  readonly resourcePolicy?: string;
  /** Left out: it can be called from anywhere. Else by these interface endpoints at most, and by the resource policy. */
  readonly privateTo?: readonly string[];
  readonly resources: readonly DeployedResource[];
  readonly authorizers: readonly DeployedAuthorizer[];
  readonly gatewayResponses: readonly DeployedGatewayResponse[];
  readonly stages: readonly DeployedStage[];
  /** Schemas by name. */
  readonly models: Readonly<Record<string, string>>;
  readonly requestValidators: readonly DeployedRequestValidator[];
}

export interface DeployedRequestValidator {
  readonly id: string;
  readonly body: boolean;
  readonly parameters: boolean;
}

export interface DeployedResource {
  readonly id: string;
  /** The template: `/pets/{petId}`. */
  readonly path: string;
  readonly methods: readonly DeployedMethod[];
}

export interface DeployedMethod {
  /** `ANY` for every method. */
  readonly httpMethod: string;
  readonly authorizationType: string;
  readonly authorizerId?: string;
  readonly apiKeyRequired: boolean;
  readonly requestValidatorId?: string;
  /** `method.request.header.NAME` and the like; true: must be there. */
  readonly requestParameters: Readonly<Record<string, boolean>>;
  /** Names of models by content type, or `$default`. */
  readonly requestModels: Readonly<Record<string, string>>;
  readonly operationName?: string;
  readonly integration?: DeployedIntegration;
}

export interface DeployedIntegration {
  readonly type: string;
  /** With which the integration is called; `ANY`: the request's own. */
  readonly httpMethod: string;
  readonly uri?: string;
  readonly credentials?: string;
  /** What of the request goes where: mapping expressions by target. */
  readonly requestParameters: Readonly<Record<string, string>>;
  readonly timeoutMilliseconds: number;
  /** By content type. */
  readonly requestTemplates: Readonly<Record<string, string>>;
  readonly passthroughBehavior: string;
  readonly responses: readonly DeployedIntegrationResponse[];
}

export interface DeployedIntegrationResponse {
  readonly statusCode: string;
  /** Left out: the one for all that no other fits. */
  readonly selectionPattern?: string;
  readonly parameters: Readonly<Record<string, string>>;
  readonly templates: Readonly<Record<string, string>>;
}

export interface DeployedAuthorizer {
  readonly id: string;
  readonly type: string;
  readonly uri?: string;
  readonly credentials?: string;
  /** Mapping expressions, `method.request.header.Authorization` and the like. */
  readonly identitySources: readonly string[];
  readonly resultTtlSeconds: number;
}

export interface DeployedGatewayResponse {
  readonly responseType: string;
  readonly statusCode?: string;
  readonly responseParameters: Readonly<Record<string, string>>;
  readonly responseTemplates: Readonly<Record<string, string>>;
}

export interface DeployedStage {
  readonly name: string;
  readonly deploymentId: string;
  readonly variables: Readonly<Record<string, string>>;
  /** Keyed as `*\/*` or `pets/GET`, without AWS's leading `~1`. */
  readonly methodSettings: Readonly<Record<string, DeployedMethodSettings>>;
  readonly accessLog?: { readonly destinationArn: string; readonly format: string };
  readonly webAclArn?: string;
}

export interface DeployedMethodSettings {
  readonly ratePerSecond?: number;
  readonly burst?: number;
}
