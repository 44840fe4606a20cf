/** What the API answers on, and that each route asks the authorizer. */
import { any, grant, guard, must, mustBeOn, mustBeThere } from "../judges.ts";
import { rows } from "./row.ts";

export const routes = [
  ...rows(
    "aws_api_gateway_method",
    "Routes",
    ["authorization", "who decides", must("CUSTOM", "NONE")],
    ["authorizer_id", "the authorizer that decides", mustBeThere("unjudged")],
    ["api_key_required", "an API key is needed", guard],
    ["authorization_scopes[]", "scope of which a token needs one", grant],
    ["authorization_scopes", "scopes of which a token needs one", guard],
    ["http_method", "method", any("unjudged")],
    ["resource_id", "path", any("unjudged")],
  ),
  ...rows(
    "aws_api_gateway_resource",
    "Routes",
    ["path_part", "path", any("unjudged")],
    ["parent_id", "path", any("unjudged")],
  ),
  ...rows(
    "aws_api_gateway_integration",
    "Routes",
    ["uri", "what answers", any("changes")],
    ["type", "kind of what answers", any("changes")],
    ["connection_type", "way to what answers", any("changes")],
    ["connection_id", "way to what answers", any("changes")],
    ["tls_config.insecure_skip_verification", "the backend's certificate is not checked", must(false, false)],
    ["credentials", "role with which the API calls what answers", any("loosens")],
    ["request_parameters.**", "what is handed to what answers", any("unjudged")],
  ),
  ...rows(
    "aws_api_gateway_rest_api",
    "Domain and truststore",
    ["disable_execute_api_endpoint", "the address without mutual TLS (execute-api) is closed", mustBeOn],
    ["endpoint_configuration.**", "kind of endpoint", any("unjudged")],
    ["body", "routes as OpenAPI", any("unjudged")],
    ["api_key_source", "where an API key comes from", any("unjudged")],
  ),
  ...rows(
    "aws_api_gateway_method_settings",
    "Routes",
    ["settings.caching_enabled", "answers of one client are kept for another", must(false, false)],
    ["settings.require_authorization_for_cache_control", "cache control needs authorization", guard],
    ["settings.throttling_rate_limit", "calls per second", any("changes")],
    ["settings.throttling_burst_limit", "calls at once", any("changes")],
  ),
  ...rows(
    "aws_api_gateway_stage",
    "Routes",
    ["cache_cluster_enabled", "answers are kept", must(false, false)],
    ["deployment_id", "what the stage shows", any("unjudged")],
    ["canary_settings.**", "a second deployment behind the same stage", any("unjudged")],
    ["variables.**", "stage variables", any("unjudged")],
  ),
  ...rows("aws_api_gateway_gateway_response", "Routes", [
    "status_code",
    "status of a refusal",
    any("changes"),
  ]),
];
