"""ministack: an account's root may do everything, whatever a resource's policy says.

AWS: an explicit Deny of a bucket, key or secret policy holds for root too, and a key policy must allow what root
does with the key. Root may always read, replace and delete the policy of its own buckets. IAM User Guide, "Policy
evaluation logic"; S3 User Guide, "Root user privileges"; KMS Developer Guide, "Key policies".
"""

ALWAYS = ("s3:GetBucketPolicy", "s3:PutBucketPolicy", "s3:DeleteBucketPolicy")


def apply():
    from ministack.core import iam_evaluator

    stock = iam_evaluator.enforce

    def enforce(access_key_id, iam_action, service, region, resource_arn="*", service_context=None):
        refusal = stock(access_key_id, iam_action, service, region, resource_arn, service_context)
        if refusal is not None or not access_key_id or not iam_evaluator.is_root_access_key(access_key_id):
            return refusal
        if service not in ("s3", "kms", "secretsmanager") or iam_action in ALWAYS:
            return None
        return policy_refusal(iam_action, service, region, resource_arn, service_context)

    iam_evaluator.enforce = enforce


def policy_refusal(iam_action, service, region, resource_arn, service_context):
    from ministack.core import iam_evaluator
    from ministack.core.responses import get_account_id

    policy, _ = iam_evaluator._resource_policy(service, resource_arn) or ("", "")
    if not policy:
        return None
    account = get_account_id()
    context = iam_evaluator.EvalContext(
        principal_arn=f"arn:aws:iam::{account}:root",
        principal_type="Account",
        principal_account=account,
        action=iam_action,
        resource_arn=resource_arn,
        region=region,
        service_context={name.lower(): value for name, value in (service_context or {}).items()},
    )
    result = iam_evaluator.evaluate_resource_policy(policy, context)
    if result.decision == "Deny":
        result.resource_policy_arn = resource_arn
        return result
    return result if service == "kms" and result.decision != "Allow" else None
