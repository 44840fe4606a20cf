"""ministack: an integration that is given no method gets POST, a MOCK too, and an empty URI.

AWS: a MOCK calls nobody and has neither. The provider compares the method with what it was given, finds one, and
replaces the integration in every plan.
"""

import json


def apply():
    from ministack.services import apigateway_v1

    stock = apigateway_v1._put_integration

    def put(api_id, resource_id, http_method, data):
        status, headers, body = stock(api_id, resource_id, http_method, data)
        if status != 201 or data.get("type") != "MOCK":
            return status, headers, body
        method = apigateway_v1._resources[api_id][resource_id]["resourceMethods"][http_method]
        integration = method["methodIntegration"]
        for name in ("httpMethod", "uri"):
            if not data.get(name):
                integration.pop(name, None)
        return apigateway_v1._v1_response(integration, 201)

    apigateway_v1._put_integration = put
