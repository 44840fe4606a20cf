"""ministack: requests about roles and DNS records carry no condition keys of their services.

AWS: `iam:PermissionsBoundary` is the boundary that a request sets, or that the role which it changes has;
`route53:ChangeResourceRecordSets…` hold the normalized names, the types and the actions of all changes of a request,
and `route53:VPCs` the network that a private zone is made with. Without them a policy that asks for a boundary allows nothing, and one that asks for all names to be ours allows all.
Service Authorization Reference: IAM, Route 53.
"""

import re
from xml.etree import ElementTree

SETS = ("CreateRole", "PutRolePermissionsBoundary")
CHANGES = (
    "AttachRolePolicy",
    "DeleteRolePermissionsBoundary",
    "DeleteRolePolicy",
    "DetachRolePolicy",
    "PutRolePolicy",
)
RECORDS = "route53:ChangeResourceRecordSets"
ZONE = "route53:CreateHostedZone"


def apply():
    from ministack.core import iam_actions

    tags = iam_actions.request_tag_context

    # The one place where a request's body becomes condition keys.
    def request_tag_context(service, iam_action, body, params):
        context = tags(service, iam_action, body, params)
        if service == "iam":
            return {**context, **boundary(iam_action.split(":", 1)[-1], params)}
        if iam_action == ZONE:
            return {**context, **networks(body)}
        return {**context, **records(body)} if iam_action == RECORDS else context

    iam_actions.request_tag_context = request_tag_context


def boundary(operation, params):
    def asked(name):
        value = params.get(name) or ""
        return value[0] if isinstance(value, list) else value

    arn = ""
    if operation in SETS:
        arn = asked("PermissionsBoundary")
    elif operation in CHANGES:
        arn = boundary_of(asked("RoleName"))
    return {"iam:PermissionsBoundary": arn} if arn else {}


def boundary_of(name):
    from ministack.core.responses import get_account_id
    from ministack.services import iam

    role = iam._roles.get_scoped(get_account_id(), None, name)
    return (role or {}).get("PermissionsBoundary") or ""


def records(body):
    try:
        changes = [one for one in ElementTree.fromstring(body or b"").iter() if local(one) == "Change"]
    except ElementTree.ParseError:
        return {}
    found = {f"{RECORDS}{kind}": [] for kind in ("NormalizedRecordNames", "RecordTypes", "Actions")}
    for change in changes:
        texts = {}
        # The first of a kind is the record set's own; values have none of these names.
        for one in change.iter():
            texts.setdefault(local(one), (one.text or "").strip())
        found[f"{RECORDS}NormalizedRecordNames"].append(normalized(texts.get("Name", "")))
        found[f"{RECORDS}RecordTypes"].append(texts.get("Type", ""))
        found[f"{RECORDS}Actions"].append(texts.get("Action", ""))
    return found if changes else {}


def networks(body):
    """`VPCId=…,VPCRegion=…` of each; none where the zone is a public one."""
    try:
        found = [one for one in ElementTree.fromstring(body or b"").iter() if local(one) == "VPC"]
    except ElementTree.ParseError:
        return {}
    values = []
    for network in found:
        texts = {local(one): (one.text or "").strip() for one in network}
        values.append(f"VPCId={texts.get('VPCId', '')},VPCRegion={texts.get('VPCRegion', '')}")
    return {"route53:VPCs": values} if values else {}


def local(element):
    return element.tag.rsplit("}", 1)[-1]


def normalized(name):
    """Lower case, no dot at the end, octal codes for all but a-z, 0-9, -, _ and the dots between labels."""
    plain = re.sub(r"[^a-z0-9._\\-]", lambda one: f"\\{ord(one.group()):03o}", name.lower())
    return plain.removesuffix(".")
