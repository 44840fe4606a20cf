"""ministack: for an assumed role `aws:PrincipalArn` is the ARN of the session.

AWS: it is the ARN of the role (arn:aws:iam::ACCOUNT:role/PATH/NAME), whatever the session is called. Conditions
on it are how our bucket, key and trust policies name a role that may not exist yet.
IAM User Guide, "Global condition context keys", aws:PrincipalArn.
"""


def apply():
    from ministack.core import iam_evaluator

    resolve = iam_evaluator._resolve_condition_key

    def resolve_condition_key(key, context):
        value = resolve(key, context)
        return role_of(value) if key.lower() == "aws:principalarn" else value

    iam_evaluator._resolve_condition_key = resolve_condition_key


def role_of(arn):
    """The role's ARN for a session's, any other ARN as it is."""
    from ministack.services import iam

    partition, _, session = str(arn or "").partition(":assumed-role/")
    if not session:
        return arn
    account = partition.split(":")[4]
    name = session.split("/")[0]
    role = iam._roles.get_scoped(account, None, name)
    # A role may have a path, which its sessions do not show.
    return role["Arn"] if role else f"arn:aws:iam::{account}:role/{name}"
