/**
 * What API Gateway answers itself: a MOCK integration with one status, one body, fixed headers. Nothing of a request
 * is evaluated; another Content-Type than JSON with a request is 415.
 */
import { ApiGatewayIntegration } from "@cdktf/provider-aws/lib/api-gateway-integration/index.js";
import { ApiGatewayIntegrationResponse } from "@cdktf/provider-aws/lib/api-gateway-integration-response/index.js";
import type { ApiGatewayMethod } from "@cdktf/provider-aws/lib/api-gateway-method/index.js";
import { ApiGatewayMethodResponse } from "@cdktf/provider-aws/lib/api-gateway-method-response/index.js";
import type { TerraformResource } from "cdktf";
import { Construct } from "constructs";
import type { MockRoute } from "#contract/routes.ts";

export interface MockAnswerProps {
  readonly method: ApiGatewayMethod;
  readonly answer: MockRoute["mock"];
  /** Beside the answer's own. */
  readonly headers: Readonly<Record<string, string>>;
}

export class MockAnswer extends Construct {
  readonly configuration: readonly TerraformResource[];

  constructor(scope: Construct, id: string, { method, answer, headers }: MockAnswerProps) {
    super(scope, id);
    const place = {
      restApiId: method.restApiId,
      resourceId: method.resourceId,
      httpMethod: method.httpMethod,
    };
    const status = String(answer.status);
    const names = Object.entries({ ...answer.headers, ...headers });
    const integration = new ApiGatewayIntegration(this, "integration", {
      ...place,
      type: "MOCK",
      requestTemplates: { "application/json": JSON.stringify({ statusCode: answer.status }) },
      passthroughBehavior: "NEVER",
    });
    const declared = new ApiGatewayMethodResponse(this, "method-response", {
      ...place,
      statusCode: status,
      responseModels: { "application/json": "Empty" },
      ...(names.length > 0
        ? {
            responseParameters: Object.fromEntries(
              names.map(([name]) => [`method.response.header.${name}`, true] as const),
            ),
          }
        : {}),
    });
    const response = new ApiGatewayIntegrationResponse(this, "integration-response", {
      ...place,
      statusCode: declared.statusCode,
      responseTemplates: {
        "application/json": answer.body === undefined ? "" : JSON.stringify(answer.body),
      },
      ...(names.length > 0
        ? {
            responseParameters: Object.fromEntries(
              names.map(([name, value]) => [`method.response.header.${name}`, `'${value}'`] as const),
            ),
          }
        : {}),
      dependsOn: [integration],
    });
    this.configuration = [integration, declared, response];
  }
}
