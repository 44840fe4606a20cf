"""ministack: an object that does not exist is always answered 404.

AWS: only who may list the bucket learns that; everybody else gets 403, as for an object that exists and is not
theirs. S3 API Reference, GetObject and HeadObject, "Permissions". Code that asks "is it there?" with no right to
list works here and fails on AWS.
"""


def apply():
    from ministack.core.responses import get_account_id, get_region, request_scope
    from ministack.services import s3

    stock = s3.handle_request

    async def handle_request(method, path, headers, body, query_params):
        # Serving a bucket of another account changes the account of the request.
        caller, region = get_account_id(), get_region()
        answer = await stock(method, path, headers, body, query_params)
        bucket, key = s3._parse_bucket_key(path, headers)
        if answer[0] != 404 or method not in ("GET", "HEAD") or not key or not s3._bucket_owner_account(bucket):
            return answer
        with request_scope(caller, region):
            if may_list(bucket, headers):
                return answer
        if method == "HEAD":
            return 403, {"Content-Type": "application/xml"}, b""
        return s3._error("AccessDenied", "Access Denied", 403, f"/{bucket}/{key}")

    s3.handle_request = handle_request


def may_list(bucket, headers):
    from ministack.core.iam_evaluator import enforce
    from ministack.core.responses import get_account_id, get_region
    from ministack.core.router import extract_access_key_id
    from ministack.services import s3

    key = extract_access_key_id(headers)
    if not key or enforce(key, "s3:ListBucket", "s3", get_region(), resource_arn=f"arn:aws:s3:::{bucket}"):
        return False
    owner, caller = s3._bucket_owner_account(bucket), get_account_id()
    return owner == caller or s3._foreign_bucket_allows(owner, bucket, "", "GET", {}, caller, {})
