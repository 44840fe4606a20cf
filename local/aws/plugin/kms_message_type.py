"""ministack: requests to KMS carry no condition keys of KMS, so that a policy which asks for one never allows.

AWS: `kms:MessageType`, `kms:SigningAlgorithm` and `kms:RequestAlias` hold what the request says; MessageType is
RAW when it says nothing. KMS Developer Guide, "AWS KMS condition keys".
"""

import json


def apply():
    from ministack.core import iam_actions

    tags = iam_actions.request_tag_context

    # The one place where a request's body becomes condition keys.
    def request_tag_context(service, iam_action, body, params):
        context = tags(service, iam_action, body, params)
        return {**context, **kms_context(iam_action, body)} if service == "kms" else context

    iam_actions.request_tag_context = request_tag_context


def kms_context(iam_action, body):
    try:
        request = json.loads(body or b"{}")
    except ValueError:
        return {}
    context = {}
    if iam_action in ("kms:Sign", "kms:Verify"):
        context["kms:MessageType"] = str(request.get("MessageType") or "RAW")
        if request.get("SigningAlgorithm"):
            context["kms:SigningAlgorithm"] = str(request["SigningAlgorithm"])
    key = str(request.get("KeyId") or "")
    if "alias/" in key:
        context["kms:RequestAlias"] = key[key.index("alias/") :]
    return context
