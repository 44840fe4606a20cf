"""ministack: an endpoint forgets its security groups, private DNS and policy, and has no names.

AWS: what was asked for is described; without security groups it has the network's default one, without a policy the
one that allows everything, to which ResetPolicy returns. An interface endpoint has a regional name, one for each
zone, and the service's own when private DNS is on. EC2 API Reference, CreateVpcEndpoint, ModifyVpcEndpoint;
AWS PrivateLink Guide, "DNS names".
"""

import hashlib
import re
from xml.sax.saxutils import escape

EVERYTHING = '{"Statement":[{"Action":"*","Effect":"Allow","Principal":"*","Resource":"*"}]}'


def apply():
    from ministack.services import ec2

    create = ec2._ACTION_MAP["CreateVpcEndpoint"]
    modify = ec2._ACTION_MAP["ModifyVpcEndpoint"]
    fields = ec2._vpce_fields_xml

    def create_vpc_endpoint(params):
        answer = create(params)
        found = re.search(rb"<vpcEndpointId>([^<]+)<", answer[2])
        if not found:
            return answer
        endpoint = ec2._vpc_endpoints[found.group(1).decode()]
        change(ec2, endpoint, params)
        if is_interface(endpoint):
            asked = ec2._parse_member_list(params, "SecurityGroupId")
            endpoint["SecurityGroupIds"] = asked or default_group(ec2, endpoint["VpcId"])
        return ec2._xml(
            200, "CreateVpcEndpointResponse", ec2._vpce_fields_xml(endpoint, tag="vpcEndpoint")
        )

    def modify_vpc_endpoint(params):
        answer = modify(params)
        endpoint = ec2._vpc_endpoints.get(ec2._p(params, "VpcEndpointId"))
        if endpoint:
            change(ec2, endpoint, params)
        return answer

    def vpce_fields_xml(endpoint, tag="item"):
        end = f"</{tag}>"
        return fields(endpoint, tag).rstrip().removesuffix(end) + more_fields(ec2, endpoint) + end

    ec2._ACTION_MAP["CreateVpcEndpoint"] = create_vpc_endpoint
    ec2._ACTION_MAP["ModifyVpcEndpoint"] = modify_vpc_endpoint
    ec2._vpce_fields_xml = vpce_fields_xml


def is_interface(endpoint):
    return endpoint["VpcEndpointType"] == "Interface"


def change(ec2, endpoint, params):
    added, removed = (
        ec2._parse_member_list(params, f"{verb}SecurityGroupId") for verb in ("Add", "Remove")
    )
    kept = [one for one in endpoint.get("SecurityGroupIds", []) if one not in removed + added]
    endpoint["SecurityGroupIds"] = kept + added
    for field in ("PolicyDocument", "PrivateDnsEnabled"):
        if ec2._p(params, field):
            endpoint[field] = ec2._p(params, field)
    if ec2._p(params, "ResetPolicy") == "true":
        endpoint.pop("PolicyDocument", None)


def default_group(ec2, vpc):
    groups = ec2._security_groups.values()
    return [one["GroupId"] for one in groups if one["VpcId"] == vpc and one["GroupName"] == "default"]


def more_fields(ec2, endpoint):
    groups = "".join(
        f"<item><groupId>{one}</groupId><groupName>{escape(name_of(ec2, one))}</groupName></item>"
        for one in endpoint.get("SecurityGroupIds", [])
    )
    names = "".join(f"<item><dnsName>{name}</dnsName></item>" for name in names_of(ec2, endpoint))
    return (
        f"<groupSet>{groups}</groupSet>"
        f"<privateDnsEnabled>{endpoint.get('PrivateDnsEnabled', 'false')}</privateDnsEnabled>"
        f"<policyDocument>{escape(endpoint.get('PolicyDocument', EVERYTHING))}</policyDocument>"
        f"<dnsEntrySet>{names}</dnsEntrySet>"
    )


def name_of(ec2, group):
    return (ec2._security_groups.get(group) or {}).get("GroupName", "")


def names_of(ec2, endpoint):
    """The regional name first, as AWS has them."""
    parts = endpoint["ServiceName"].split(".")
    if not is_interface(endpoint) or parts[:2] != ["com", "amazonaws"]:
        return []
    region, service = parts[2], ".".join(parts[3:])
    identity = endpoint["VpcEndpointId"]
    own = f"{identity}-{hashlib.sha256(identity.encode()).hexdigest()[:8]}"
    zones = sorted({zone for one in endpoint.get("SubnetIds", []) if (zone := zone_of(ec2, one))})
    names = [f"{own}{zone}.{service}.{region}.vpce.amazonaws.com" for zone in ["", *(f"-{z}" for z in zones)]]
    private = endpoint.get("PrivateDnsEnabled") == "true"
    return [*names, f"{service}.{region}.amazonaws.com"] if private else names


def zone_of(ec2, subnet):
    return (ec2._subnets.get(subnet) or {}).get("AvailabilityZone")
