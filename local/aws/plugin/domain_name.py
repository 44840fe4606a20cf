"""ministack: UpdateDomainName is missing, the truststore is never looked at, and no warnings are shown.

AWS: creating and updating a domain read the truststore with the **caller's** rights (s3:GetObject and
s3:GetObjectVersion on the object, in whichever account it lies) and refuse what cannot be read or is no list of
certificates; other mistakes become `truststoreWarnings`. API Gateway Developer Guide, "Configuring mutual TLS
authentication for a REST API". Limits: 1,000 certificates, 1 MB, no subject twice.
"""

import copy
import datetime
import json
import re
from urllib.parse import unquote


def apply():
    from ministack.services import apigateway_v1

    stock = apigateway_v1.handle_request
    create = apigateway_v1._create_domain_name

    async def handle_request(method, path, headers, body, query_params):
        parts = [unquote(part) for part in path.strip("/").split("/")]
        if parts[0] == "domainnames" and (method, len(parts)) in (("POST", 1), ("PATCH", 2)):
            return change(method, parts, headers, json.loads(body or b"{}"))
        return await stock(method, path, headers, body, query_params)

    def change(method, parts, headers, data):
        if method == "POST":
            problem, warnings = truststore(data.get("mutualTlsAuthentication"), headers)
            if problem:
                return refuse(problem)
            status, _, answer = create(data)
            if status != 201:
                return status, _, answer
            domain = apigateway_v1._domain_names[data["domainName"]]
        else:
            domain = apigateway_v1._domain_names.get(parts[1])
            if domain is None:
                return apigateway_v1._v1_error(
                    "NotFoundException", "Invalid domain name identifier specified", 404
                )
            changed = copy.deepcopy(domain)
            apigateway_v1._apply_patch(changed, data.get("patchOperations", []))
            problem, warnings = truststore(changed.get("mutualTlsAuthentication"), headers)
            if problem:
                return refuse(problem)
            domain.clear()
            domain.update(changed)
        show(domain, warnings)
        return apigateway_v1._v1_response(domain, 201 if method == "POST" else 200)

    def refuse(problem):
        return apigateway_v1._v1_error("BadRequestException", problem, 400)

    apigateway_v1.handle_request = handle_request


def show(domain, warnings):
    domain["domainNameStatus"] = "AVAILABLE"
    mutual_tls = domain.get("mutualTlsAuthentication") or {}
    # An empty URI in a PATCH switches mutual TLS off.
    if mutual_tls.get("truststoreUri"):
        mutual_tls["truststoreWarnings"] = warnings
    else:
        domain["mutualTlsAuthentication"] = {}


def truststore(mutual_tls, headers):
    """(why the domain is refused or None, warnings)."""
    uri = (mutual_tls or {}).get("truststoreUri")
    if not uri:
        return None, []
    match = re.fullmatch(r"s3://([^/]+)/(.+)", uri)
    if not match:
        return f"Invalid truststore URI: {uri}", []
    content, problem = read(*match.groups(), (mutual_tls or {}).get("truststoreVersion"), headers)
    return (problem, []) if problem else inspect(content)


def read(bucket, key, version, headers):
    """(the object's bytes, why they cannot be had), with the rights of the caller."""
    from ministack.core.iam_evaluator import enforce
    from ministack.core.responses import get_account_id, get_region, request_scope
    from ministack.core.router import extract_access_key_id
    from ministack.services import s3

    account = get_account_id()
    query = {"versionId": [version]} if version else {}
    denied = f"Access denied to the truststore s3://{bucket}/{key}: the caller needs s3:GetObject and s3:GetObjectVersion"
    for action, asked in (("s3:GetObject", {}), ("s3:GetObjectVersion", query)):
        if action == "s3:GetObjectVersion" and not version:
            continue
        arn = f"arn:aws:s3:::{bucket}/{key}"
        if enforce(extract_access_key_id(headers), action, "s3", get_region(), resource_arn=arn):
            return b"", denied
        owner = s3._bucket_owner_account(bucket)
        if owner is None:
            return b"", f"The truststore's bucket does not exist: {bucket}"
        if owner != account and not s3._foreign_bucket_allows(owner, bucket, key, "GET", asked, account, {}):
            return b"", denied
    with request_scope(owner, get_region()):
        status, _, content = s3._get_object(bucket, key, {}, query)
    if status != 200:
        return b"", f"The truststore does not exist: s3://{bucket}/{key}, version {version or 'latest'}"
    return content, None


def inspect(content):
    """(why this truststore is refused or None, warnings), for its bytes."""
    from cryptography import x509

    if len(content) > 1024 * 1024:
        return "The truststore is larger than 1 MB", []
    try:
        certificates = x509.load_pem_x509_certificates(bytes(content))
    except ValueError as error:
        return f"The truststore is no list of certificates in PEM: {error}", []
    if len(certificates) > 1000:
        return "The truststore holds more than 1,000 certificates", []
    subjects = [certificate.subject.public_bytes() for certificate in certificates]
    if len(set(subjects)) != len(subjects):
        return "The truststore holds two certificates with the same subject", []
    now = datetime.datetime.now(datetime.timezone.utc)
    warnings = []
    for certificate in certificates:
        name = certificate.subject.rfc4514_string()
        if certificate.issuer.public_bytes() not in subjects:
            warnings.append(f"The issuer of {name} is not in the truststore")
        if not certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc:
            warnings.append(f"{name} is not valid now")
    return None, warnings
