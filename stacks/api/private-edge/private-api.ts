/**
 * The routes once more, as a private REST API behind NGINX's own endpoint: same functions, rules, tokens and quotas; the
 * certificate comes in NGINX's header, beside a secret.
 */
import type { ApiGatewayAuthorizer } from "@cdktf/provider-aws/lib/api-gateway-authorizer/index.js";
import { ApiGatewayRestApi } from "@cdktf/provider-aws/lib/api-gateway-rest-api/index.js";
import { ApiGatewayRestApiPolicy } from "@cdktf/provider-aws/lib/api-gateway-rest-api-policy/index.js";
import type { ApiGatewayStage } from "@cdktf/provider-aws/lib/api-gateway-stage/index.js";
import {
  DataAwsIamPolicyDocument,
  type DataAwsIamPolicyDocumentStatement,
  type DataAwsIamPolicyDocumentStatementCondition,
} from "@cdktf/provider-aws/lib/data-aws-iam-policy-document/index.js";
import { VpcEndpoint } from "@cdktf/provider-aws/lib/vpc-endpoint/index.js";
import { VpcEndpointPolicy } from "@cdktf/provider-aws/lib/vpc-endpoint-policy/index.js";
import { Fn, type ITerraformDependable } from "cdktf";
import { Construct } from "constructs";
import { roleNames } from "#contract/names.ts";
import { edgeHeaderRemovals } from "#contract/private-edge.ts";
import { type Authorizer, decisionStatements } from "../authorizer.ts";
import type { BackendKeys } from "../backend-keys.ts";
import { GatewayResponses } from "../gateway-responses.ts";
import { addRequestAuthorizer } from "../request-authorizer.ts";
import type { RouteFunctions } from "../route-functions.ts";
import { Routes } from "../routes.ts";
import { Stage } from "../stage.ts";
import type { EdgeScope } from "./edge-scope.ts";
import type { EdgeSecret } from "./edge-secret.ts";
import type { Network } from "./network.ts";
import { ClosedGroup } from "./security-group.ts";

/** What the public API has and this one shares. */
export interface SharedWithPublic {
  /** Both decide by one policy object. */
  readonly authorizer: Authorizer;
  readonly functions: RouteFunctions;
  readonly backendKeys?: BackendKeys | undefined;
}

export interface PrivateApiProps extends EdgeScope, SharedWithPublic {
  readonly network: Network;
  readonly instances: ClosedGroup;
  readonly secret: EdgeSecret;
}

export class PrivateApi extends Construct {
  readonly restApi: ApiGatewayRestApi;
  readonly stage: ApiGatewayStage;
  /** DNS name of the endpoint: only NGINX uses it. */
  readonly address: string;
  readonly host: string;
  /** What NGINX waits for. */
  readonly ready: ITerraformDependable[];

  readonly #props: PrivateApiProps;
  readonly #endpoint: VpcEndpoint;

  constructor(scope: Construct, id: string, props: PrivateApiProps) {
    super(scope, id);
    this.#props = props;
    const { api, functions, environment } = props;
    this.#endpoint = this.#makeEndpoint();
    this.address = Fn.lookup(Fn.element(this.#endpoint.dnsEntry, 0), "dns_name", "");
    this.restApi = new ApiGatewayRestApi(this, "rest-api", {
      name: `cloud-app-${api.name}-private`,
      description: `mtls-api, environment ${environment.name}, behind NGINX`,
      endpointConfiguration: { types: ["PRIVATE"], vpcEndpointIds: [this.#endpoint.id] },
      ...(api.quotas ? { apiKeySource: "AUTHORIZER" } : {}),
    });
    const { restApi } = this;
    this.host = `${restApi.id}.execute-api.${api.region}.amazonaws.com`;
    const { policy, document } = this.#resourcePolicy();
    const { authorizer, ready } = this.#authorizer();
    const responses = new GatewayResponses(this, "responses", { api, restApi });
    const routes = new Routes(this, "private-routes", {
      ...{ api, restApi, authorizer, functions },
      backendHeaders: edgeHeaderRemovals,
    });
    const { stage } = new Stage(this, "stage", {
      ...{ api, restApi, name: `${props.name}-private` },
      configuration: [policy, document, authorizer, ...responses.all, ...routes.configuration],
      ready: [...ready, ...routes.ready, ...props.secret.ready],
    });
    this.stage = stage;
    this.ready = [stage, this.#endpointPolicy()];
  }

  /** Used by nothing else: without private DNS, nobody is led here who does not ask for this very endpoint. */
  #makeEndpoint(): VpcEndpoint {
    const { api, name, network, instances } = this.#props;
    const group = new ClosedGroup(this, "endpoint-group", {
      ...{ name: `${name}-edge-api`, vpcId: network.vpcId },
      description: "Endpoint by which NGINX reaches the private API",
    });
    group.admits("instances", { port: 443, why: "Instances of NGINX", group: instances.id });
    instances.reaches("api", { port: 443, why: "The private API by its endpoint", group: group.id });
    return new VpcEndpoint(this, "endpoint", {
      ...{ vpcId: network.vpcId, vpcEndpointType: "Interface", privateDnsEnabled: false },
      serviceName: `com.amazonaws.${api.region}.execute-api`,
      subnetIds: [...network.subnetIds],
      securityGroupIds: [group.id],
      tags: { Name: `${name}-edge-api` },
    });
  }

  /** The endpoint leads to this API and no other. */
  #endpointPolicy(): VpcEndpointPolicy {
    return new VpcEndpointPolicy(this, "endpoint-policy", {
      vpcEndpointId: this.#endpoint.id,
      policy: new DataAwsIamPolicyDocument(this, "endpoint-policy-document", {
        statement: [this.#anybody("OnlyThisApi", "Allow")],
      }).json,
    });
  }

  /**
   * The API answers to this endpoint and no other. The denial is what counts: beside an authorizer of the same account,
   * API Gateway lets through what a resource policy says nothing about.
   */
  #resourcePolicy(): {
    readonly policy: ApiGatewayRestApiPolicy;
    readonly document: DataAwsIamPolicyDocument;
  } {
    const endpoint = { variable: "aws:SourceVpce", values: [this.#endpoint.id] };
    const document = new DataAwsIamPolicyDocument(this, "resource-policy-document", {
      statement: [
        this.#anybody("ByTheEndpoint", "Allow", { test: "StringEquals", ...endpoint }),
        this.#anybody("ByNoOther", "Deny", { test: "StringNotEquals", ...endpoint }),
      ],
    });
    const { json: policy } = document;
    const restApiId = this.restApi.id;
    return { policy: new ApiGatewayRestApiPolicy(this, "resource-policy", { restApiId, policy }), document };
  }

  /** Who may call is for the authorizer to say; here it is asked which way a request came. */
  #anybody(
    sid: string,
    effect: "Allow" | "Deny",
    ...condition: DataAwsIamPolicyDocumentStatementCondition[]
  ): DataAwsIamPolicyDocumentStatement {
    return {
      ...{ sid, effect, actions: ["execute-api:Invoke"], condition },
      principals: [{ type: "*", identifiers: ["*"] }],
      resources: [`${this.restApi.executionArn}/*`],
    };
  }

  #authorizer(): { readonly authorizer: ApiGatewayAuthorizer; readonly ready: ITerraformDependable[] } {
    const { environment, api, secret, authorizer, backendKeys } = this.#props;
    const { policy } = authorizer;
    return addRequestAuthorizer(this, {
      ...{ api, restApi: this.restApi, slug: "private-authorizer" },
      functionName: roleNames.privateAuthorizer(environment.name, api.name),
      description: "Decides on every request to the private API, with the certificate that NGINX hands on",
      environment: {
        API_ID: this.restApi.id,
        STAGE: api.stage,
        VPC_ENDPOINT: this.#endpoint.id,
        EDGE_SECRET: secret.arn,
        POLICY_BUCKET: policy.bucket,
        POLICY_KEY: policy.key,
        POLICY_VERSION: policy.versionId,
        POLICY_SHA256: policy.sha256,
      },
      statements: [
        ...decisionStatements({ environment, api, backendKeys }),
        { sid: "EdgeSecret", actions: ["secretsmanager:GetSecretValue"], resources: [secret.arn] },
      ],
    });
  }
}
