"""ministack: a change of a function's configuration keeps its warm processes unless the change is of certain kinds.

AWS: environments belong to one configuration; after any UpdateFunctionConfiguration, of the role or the description
too, the next call starts in a fresh one. Lambda Developer Guide, "Lambda execution environment".
"""


def apply():
    from ministack.core.lambda_runtime import invalidate_worker
    from ministack.core.responses import get_account_id, get_region
    from ministack.services import lambda_svc

    stock = lambda_svc._update_config

    def update_config(name, data):
        answer = stock(name, data)
        if answer[0] == 200:
            invalidate_worker(name, qualifier="$LATEST", account=get_account_id(), region=get_region())
        return answer

    lambda_svc._update_config = update_config
