"""ministack: the instance metadata service knows one role, which nobody made, and gives credentials that are nobody's;
it answers without a token.

AWS: an instance gets sessions of the role in its own instance profile, if that role trusts EC2; where IMDSv2 is
required, only with a token. Which instance asks, AWS knows by the way the request came; here whoever stands for an
instance says so in a header, by the ARN of its instance profile (local/instance/instance-metadata.ts).
EC2 User Guide, "Retrieve security credentials from instance metadata" and "Use IMDSv2".
"""

import json
import time

PROFILE = "x-instance-profile"
CREDENTIALS = "/latest/meta-data/iam/security-credentials"
SECONDS = 6 * 3600


def apply():
    from ministack.services import imds

    stock = imds.handle_request

    async def handle_request(method, path, headers, body, query_params):
        if not path.startswith("/latest/meta-data/iam/"):
            return await stock(method, path, headers, body, query_params)
        if not imds._check_token(headers):
            return imds._unauthorized()
        role = role_of(headers.get(PROFILE, ""))
        asked = path.rstrip("/")
        if method.upper() != "GET" or role is None or not asked.startswith(CREDENTIALS):
            return imds._not_found()
        if asked == CREDENTIALS:
            return imds._text(role["RoleName"])
        if asked != f"{CREDENTIALS}/{role['RoleName']}":
            return imds._not_found()
        return imds._json_resp(session_of(role))

    imds.handle_request = handle_request
    imds._v2_required = lambda: True


def role_of(profile_arn):
    """The role that the instance profile holds, if EC2 may assume it."""
    from ministack.services import iam

    parts = profile_arn.split(":")
    if len(parts) != 6:
        return None
    profile = iam._instance_profiles.get_scoped(parts[4], None, parts[5].rsplit("/", 1)[-1])
    if not profile or profile["Arn"] != profile_arn or not profile["Roles"]:
        return None
    role = iam._roles.get_scoped(parts[4], None, profile["Roles"][0])
    return role if role and trusts_ec2(role["AssumeRolePolicyDocument"]) else None


def trusts_ec2(document):
    from ministack.core import iam_evaluator

    policy = json.loads(document) if isinstance(document, str) else document
    statements = policy.get("Statement", [])
    effects = {
        one.get("Effect")
        for one in (statements if isinstance(statements, list) else [statements])
        if iam_evaluator._service_principal_matches(one.get("Principal"), "ec2.amazonaws.com")
        and iam_evaluator._action_matches("sts:AssumeRole", listed(one.get("Action")), [])
    }
    return effects == {"Allow"}


def listed(value):
    return [value] if isinstance(value, str) else value or []


def session_of(role):
    from ministack.services import iam, imds, sts

    account = role["Arn"].split(":")[4]
    credentials = {
        "Code": "Success",
        "LastUpdated": iam._future(0),
        "Type": "AWS-HMAC",
        "AccessKeyId": iam._gen_session_access_key(),
        "SecretAccessKey": iam._gen_secret(),
        "Token": iam._gen_session_token(),
        "Expiration": iam._future(SECONDS),
    }
    session = {
        "Arn": f"arn:aws:sts::{account}:assumed-role/{role['RoleName']}/{imds._INSTANCE_ID}",
        "UserId": f"{role['RoleId']}:{imds._INSTANCE_ID}",
        "SecretAccessKey": credentials["SecretAccessKey"],
        "SessionToken": credentials["Token"],
        "Expiration": time.time() + SECONDS,
        "AccountId": account,
        "PrincipalType": "AssumedRole",
    }
    sts.register_session(credentials["AccessKeyId"], session)
    return credentials
