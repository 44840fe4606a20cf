"""ministack: an invocation with a Qualifier is judged as one of the bare function.

AWS: the resource of InvokeFunction is the ARN with the alias or version that is invoked, however the request names
it. Permission on `function:NAME` is not permission on `function:NAME:ALIAS`, nor the other way round. Lambda
Developer Guide, "Fine-tuning the Resources and Conditions sections of policies".
"""


def apply():
    from ministack.core import iam_actions

    stock = iam_actions.extract_resource_arn

    def extract_resource_arn(service, method, path, headers, body, params, region, account_id):
        arn = stock(service, method, path, headers, body, params, region, account_id)
        if service != "lambda" or method != "POST" or not path.rstrip("/").endswith("/invocations"):
            return arn
        qualifier = params.get("Qualifier") or ""
        qualifier = qualifier[0] if isinstance(qualifier, list) else qualifier
        # arn:aws:lambda:REGION:ACCOUNT:function:NAME[:QUALIFIER]
        return f"{arn}:{qualifier}" if qualifier and arn.count(":") == 6 else arn

    iam_actions.extract_resource_arn = extract_resource_arn
