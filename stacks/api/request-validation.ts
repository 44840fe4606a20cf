/**
 * The models of one REST API's request bodies and the validator that holds requests against them, made when a route
 * first asks (contract/request-rules.ts).
 */
import { ApiGatewayModel } from "@cdktf/provider-aws/lib/api-gateway-model/index.js";
import { ApiGatewayRequestValidator } from "@cdktf/provider-aws/lib/api-gateway-request-validator/index.js";
import type { ApiGatewayRestApi } from "@cdktf/provider-aws/lib/api-gateway-rest-api/index.js";
import type { TerraformResource } from "cdktf";
import { Construct } from "constructs";
import { modelText, type RequestRules, requiredParameters } from "#contract/request-rules.ts";

export class RequestValidation extends Construct {
  readonly configuration: TerraformResource[] = [];
  readonly #restApi: ApiGatewayRestApi;
  #validator: ApiGatewayRequestValidator | undefined;

  constructor(scope: Construct, id: string, props: { readonly restApi: ApiGatewayRestApi }) {
    super(scope, id);
    this.#restApi = props.restApi;
  }

  /** What a method needs; `slug` names the model, `path` are the parameters of its path. */
  ofMethod(slug: string, path: readonly string[], rules: RequestRules | undefined) {
    const required = [
      ...path.map((name) => `method.request.path.${name}`),
      ...(rules ? requiredParameters(rules) : []),
    ];
    const parameters = Object.fromEntries(required.map((name) => [name, true]));
    return {
      ...(required.length > 0 ? { requestParameters: parameters } : {}),
      ...(rules ? { requestValidatorId: this.#validatorOf().id } : {}),
      ...(rules?.body ? { requestModels: { $default: this.#model(slug, rules.body).name } } : {}),
    };
  }

  #model(slug: string, schema: NonNullable<RequestRules["body"]>): ApiGatewayModel {
    const model = new ApiGatewayModel(this, `${slug}-body`, {
      restApiId: this.#restApi.id,
      // Letters and digits are all that AWS allows.
      name: slug.replace(/(?:^|-)(\w)/g, (_, letter: string) => letter.toUpperCase()),
      contentType: "application/json",
      schema: modelText(schema),
    });
    this.configuration.push(model);
    return model;
  }

  #validatorOf(): ApiGatewayRequestValidator {
    if (!this.#validator) {
      this.#validator = new ApiGatewayRequestValidator(this, "validator", {
        restApiId: this.#restApi.id,
        name: "body and parameters",
        validateRequestBody: true,
        validateRequestParameters: true,
      });
      this.configuration.push(this.#validator);
    }
    return this.#validator;
  }
}
