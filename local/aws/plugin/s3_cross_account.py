"""ministack: a bucket's policy is judged for another account's caller as if its root had called.

AWS: the caller is who it is. A statement may name the account as principal and, by `aws:PrincipalArn`, the one
role that may come: that is how the CA's bucket admits the authorizer and nobody else. IAM User Guide,
"Cross-account policy evaluation logic".
"""


def apply():
    from ministack.services import s3

    stock = s3._foreign_bucket_allows

    def foreign_bucket_allows(owner, bucket, key, method, query, caller, headers=None):
        if not caller or not s3._bucket_owner_enforced(s3._buckets.get_scoped(owner, None, bucket)):
            return stock(owner, bucket, key, method, query, caller, headers)
        # Access lists are off where the owner is enforced: the policy alone decides.
        return policy_allows(owner, bucket, key, method, query, caller, headers or {})

    s3._foreign_bucket_allows = foreign_bucket_allows


def policy_allows(owner, bucket, key, method, query, caller, headers):
    from ministack.core import iam_actions, iam_evaluator
    from ministack.core.responses import get_region, request_scope
    from ministack.services import s3

    policy = s3._bucket_policies.get_scoped(owner, None, bucket)
    if not policy:
        return False
    public = s3._policy_is_public(policy) and s3._public_access_blocked(owner, bucket, "RestrictPublicBuckets")
    verb = iam_actions._s3_action(method, f"/{bucket}/{key}", query)
    if public or not verb:
        return False
    action = f"s3:{verb}"
    with request_scope(owner, get_region()):
        keys = iam_actions.s3_service_context(action, query, f"/{bucket}/{key}", headers)
    arn = iam_evaluator.caller_arn()
    context = iam_evaluator.EvalContext(
        principal_arn=arn,
        principal_type="AssumedRole" if ":assumed-role/" in arn else "User" if ":user/" in arn else "Root",
        principal_account=caller,
        action=action,
        resource_arn=f"arn:aws:s3:::{bucket}/{key}" if key else f"arn:aws:s3:::{bucket}",
        region=get_region(),
        service_context={name.lower(): value for name, value in keys.items()},
    )
    return iam_evaluator.evaluate_resource_policy(policy, context).decision == "Allow"
