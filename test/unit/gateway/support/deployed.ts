/** A deployed API in memory, as our stacks deploy it; a test replaces the part that it is about. */
import type {
  DeployedAuthorizer,
  DeployedDomain,
  DeployedMethod,
  DeployedRestApi,
  DeployedStage,
} from "#aws/deployed-api-model.ts";
import type { DeployedWebAcl } from "#aws/deployed-firewall.ts";
import type { Invocation } from "#aws/deployed-function.ts";
import type { DeployedUsagePlan } from "#aws/deployed-usage-plans.ts";
import type { GatewayAws } from "#local/gateway/aws-port.ts";

export const domainName = "api.test.example.com";
export const region = "eu-west-2";
export const account = "222222222222";
export const apiId = "a1b2c3d4e5";
export const executeApi = `${apiId}.execute-api.${region}.amazonaws.com`;
const execution = `arn:aws:execute-api:${region}:${account}:${apiId}`;

export const functionArn = (name: string): string => `arn:aws:lambda:${region}:${account}:function:${name}`;
const invokeArn = (name: string): string =>
  `arn:aws:apigateway:${region}:lambda:path/2015-03-31/functions/${functionArn(name)}/invocations`;

export const stage: DeployedStage = {
  name: "test",
  deploymentId: "dep001",
  variables: {},
  methodSettings: {},
};

export const authorizer: DeployedAuthorizer = {
  id: "auth01",
  type: "REQUEST",
  uri: invokeArn("authorizer"),
  identitySources: [],
  resultTtlSeconds: 0,
};

/** What integrations without templates have. */
export const unmapped = {
  requestTemplates: {},
  passthroughBehavior: "WHEN_NO_MATCH",
  responses: [],
} as const;

export const method = (httpMethod: string, change: Partial<DeployedMethod> = {}): DeployedMethod => ({
  httpMethod,
  authorizationType: "CUSTOM",
  authorizerId: authorizer.id,
  apiKeyRequired: false,
  integration: {
    type: "AWS_PROXY",
    httpMethod: "POST",
    uri: invokeArn("backend"),
    requestParameters: {},
    timeoutMilliseconds: 2_000,
    ...unmapped,
  },
  requestParameters: {},
  requestModels: {},
  ...change,
});

export const api: DeployedRestApi = {
  id: apiId,
  disableExecuteApiEndpoint: true,
  binaryMediaTypes: [],
  resources: [
    { id: "root", path: "/", methods: [] },
    { id: "r1", path: "/api", methods: [method("POST")] },
    { id: "r2", path: "/pets/{petId}", methods: [method("GET"), method("ANY")] },
  ],
  authorizers: [authorizer],
  gatewayResponses: [],
  stages: [stage],
  models: {},
  requestValidators: [],
};

export const domain: DeployedDomain = {
  domainName,
  region,
  account,
  securityPolicy: "TLS_1_2",
  mutualTls: { truststoreUri: "s3://ca/truststore.pem", truststoreVersion: "v1", warnings: [] },
  mappings: [{ basePath: "", apiId, stage: "test" }],
  apis: [api],
};

/** The usual domain with a changed API. */
export const domainWith = (
  change: Partial<DeployedRestApi>,
  rest: Partial<DeployedDomain> = {},
): DeployedDomain => ({
  ...domain,
  ...rest,
  apis: [{ ...api, ...change }],
});

/** The resource policy that one Lambda permission makes. */
export const permission = (name: string, sourceArn: string): string =>
  JSON.stringify({
    Version: "2012-10-17",
    Statement: [
      {
        Sid: "gateway",
        Effect: "Allow",
        Principal: { Service: "apigateway.amazonaws.com" },
        Action: "lambda:InvokeFunction",
        Resource: functionArn(name),
        Condition: { ArnLike: { "AWS:SourceArn": sourceArn } },
      },
    ],
  });

export type Respond = (event: Record<string, unknown>, signal: AbortSignal) => unknown;

/** What a function throws becomes an invocation with a function error, as on Lambda. */
export class FakeAws implements GatewayAws {
  domain: DeployedDomain = domain;
  /** By version. */
  truststores = new Map<string | undefined, string>();
  policies = new Map<string, string>([
    [functionArn("authorizer"), permission("authorizer", `${execution}/authorizers/${authorizer.id}`)],
    [functionArn("backend"), permission("backend", `${execution}/test/*/*`)],
  ]);
  authorizer: Respond = (event) => allow(event);
  backend: Respond = () => ({ statusCode: 200, body: '{"message":"hello"}' });
  /** Answers that are no JSON of an object: the payload as it is. */
  rawPayload: Record<string, string> = {};
  readonly events: { authorizer: Record<string, unknown>[]; backend: Record<string, unknown>[] } = {
    authorizer: [],
    backend: [],
  };
  truststoreReads = 0;

  async readDomain(): Promise<DeployedDomain> {
    return structuredClone(this.domain);
  }

  async readTruststore(_uri: string, version: string | undefined): Promise<string> {
    this.truststoreReads += 1;
    const pem = this.truststores.get(version);
    if (pem === undefined) throw new Error(`no truststore of version ${version}`);
    return pem;
  }

  /** Of the one stage. */
  webAcl: DeployedWebAcl | undefined;
  usagePlans: readonly DeployedUsagePlan[] = [];

  async readWebAcl(stageArn: string): Promise<DeployedWebAcl | undefined> {
    expect(stageArn).toBe(`arn:aws:apigateway:${region}::/restapis/${apiId}/stages/test`);
    return this.webAcl;
  }

  async readUsagePlans(): Promise<readonly DeployedUsagePlan[]> {
    return this.usagePlans;
  }

  async readFunctionPolicy(arn: string): Promise<string | undefined> {
    return this.policies.get(arn);
  }

  async invoke(arn: string, payload: string, signal: AbortSignal): Promise<Invocation> {
    const name = arn.split(":").at(-1) === "authorizer" ? "authorizer" : "backend";
    const event = JSON.parse(payload) as Record<string, unknown>;
    this.events[name].push(event);
    const raw = this.rawPayload[name];
    if (raw !== undefined) return { payload: raw };
    try {
      return { payload: JSON.stringify(await this[name](event, signal)) ?? "null" };
    } catch (error) {
      if (error instanceof NotReached) throw error;
      const { name: errorType, message: errorMessage } = error as Error;
      return { payload: JSON.stringify({ errorType, errorMessage, trace: [] }), functionError: "Unhandled" };
    }
  }
}

/** Thrown by a fake function: Lambda itself could not be reached. */
export class NotReached extends Error {}

export const policy = (effect: "Allow" | "Deny", resource: string) => ({
  Version: "2012-10-17",
  Statement: [{ Effect: effect, Action: "execute-api:Invoke", Resource: resource }],
});

/** Allows exactly the route that was called, as our authorizer does. */
export function allow(event: Record<string, unknown>, context: Record<string, unknown> = {}) {
  const route = `${event.httpMethod}${event.resource}`.replace(/\{[^}]+\}/g, "*");
  return { principalId: "client-a", policyDocument: policy("Allow", `${execution}/test/${route}`), context };
}

export function deny(context: Record<string, unknown> = {}) {
  return { principalId: "client-a", policyDocument: policy("Deny", `${execution}/*`), context };
}
