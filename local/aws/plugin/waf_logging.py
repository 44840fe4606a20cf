"""ministack: WAFv2 knows no logging configuration.

AWS: Put, Get, Delete and List; one a web ACL; what is put is returned whole; where there is none, Get and Delete
answer WAFNonexistentItemException. AWS WAF API Reference, PutLoggingConfiguration. Nothing is logged here: nobody
evaluates a web ACL but our gateway.
"""

import json


def apply():
    from ministack.core.responses import json_response
    from ministack.services import waf

    stock = waf.handle_request
    reset = waf.reset
    # An ARN names account and region.
    configurations = {}

    async def handle_request(method, path, headers, body, query_params):
        action = headers.get("x-amz-target", "").split(".")[-1]
        if action not in operations:
            return await stock(method, path, headers, body, query_params)
        return operations[action](json.loads(body or b"{}"))

    def put(data):
        configuration = data.get("LoggingConfiguration", {})
        arn = configuration.get("ResourceArn", "")
        _, error = waf._resolve_local_web_acl(arn)
        if error:
            return error
        destinations = configuration.get("LogDestinationConfigs", [])
        if len(destinations) != 1 or ":aws-waf-logs-" not in destinations[0]:
            return waf._waf_err(
                "WAFInvalidParameterException", "one destination, whose name begins with aws-waf-logs-"
            )
        configurations[arn] = configuration
        return json_response({"LoggingConfiguration": configuration})

    def get(data):
        found = configurations.get(data.get("ResourceArn"))
        return json_response({"LoggingConfiguration": found}) if found else missing()

    def delete(data):
        return json_response({}) if configurations.pop(data.get("ResourceArn"), None) else missing()

    def list_all(data):
        return json_response({"LoggingConfigurations": list(configurations.values())})

    def missing():
        return waf._waf_err("WAFNonexistentItemException", "the web ACL has no logging configuration")

    def forget():
        configurations.clear()
        return reset()

    operations = {
        "PutLoggingConfiguration": put,
        "GetLoggingConfiguration": get,
        "DeleteLoggingConfiguration": delete,
        "ListLoggingConfigurations": list_all,
    }
    waf.handle_request = handle_request
    waf.reset = forget
