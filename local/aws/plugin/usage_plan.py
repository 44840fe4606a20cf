"""ministack: a usage plan that was made without quota or throttle shows `{}` for them.

AWS: what was not given is left out; the provider takes an empty one for a limit of 0 and plans a change for ever.
"""

import json


def apply():
    from ministack.services import apigateway_v1

    stock = apigateway_v1._create_usage_plan

    def create(data):
        status, headers, body = stock(data)
        if status != 201:
            return status, headers, body
        plan = apigateway_v1._usage_plans[json.loads(body)["id"]]
        for setting in ("quota", "throttle"):
            if not plan.get(setting):
                plan.pop(setting, None)
        return apigateway_v1._v1_response(plan, 201)

    apigateway_v1._create_usage_plan = create
