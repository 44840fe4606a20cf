"""ministack: requests about networks, load balancers, instance profiles and tags are judged by one resource, or none.

AWS: by every resource that they make (TYPE/*), change or name. A load balancer and a target group are named before
they have an id; an instance profile's requests are about the profile, not its role. Service Authorization Reference:
EC2, Elastic Load Balancing, IAM, Auto Scaling.
"""

import re

MAKES = {
    "CreateVpc": "vpc",
    "CreateSubnet": "subnet",
    "CreateRouteTable": "route-table",
    "CreateSecurityGroup": "security-group",
    "AuthorizeSecurityGroupIngress": "security-group-rule",
    "AuthorizeSecurityGroupEgress": "security-group-rule",
    "CreateVpcEndpoint": "vpc-endpoint",
    "CreateFlowLogs": "vpc-flow-log",
    "CreateLaunchTemplate": "launch-template",
}
CHANGES = (
    "AssociateRouteTable",
    "CreateLaunchTemplateVersion",
    "CreateTags",
    "DeleteFlowLogs",
    "DeleteLaunchTemplate",
    "DeleteRouteTable",
    "DeleteSecurityGroup",
    "DeleteSubnet",
    "DeleteTags",
    "DeleteVpc",
    "DeleteVpcEndpoints",
    "DisassociateRouteTable",
    "ModifyLaunchTemplate",
    "ModifySecurityGroupRules",
    "ModifySubnetAttribute",
    "ModifyVpcAttribute",
    "ModifyVpcEndpoint",
    "RevokeSecurityGroupEgress",
    "RevokeSecurityGroupIngress",
)
# Of these ids, by their first part, stock has other names for what they are.
TYPES = {"fl": "vpc-flow-log", "pl": "prefix-list"}
# What a rule is about is no resource of the request, but for a prefix list.
NAMES = re.compile(
    r"(?:(?:Add|Remove)?(?:Vpc|Subnet|Group|SecurityGroup|RouteTable|VpcEndpoint|FlowLog|LaunchTemplate|Resource)Id"
    r"|SecurityGroupRule\.\d+\.(?:SecurityGroupRuleId|SecurityGroupRule\.PrefixListId))(?:\.\d+)?"
)


def apply():
    from ministack.core import iam_actions

    extract = iam_actions.extract_resource_arn
    others = iam_actions.verified_access_resource_arns

    def extract_resource_arn(service, method, path, headers, body, params, region, account_id):
        arn = extract(service, method, path, headers, body, params, region, account_id)
        own = OF_SERVICES.get(service)
        return (own(params, region, account_id) if own else None) or arn

    # The one place where a request to EC2 is judged by more than one resource: all but the first.
    def verified_access_resource_arns(params, region, account_id):
        return resources(params, region, account_id) or others(params, region, account_id)

    iam_actions.extract_resource_arn = extract_resource_arn
    iam_actions.verified_access_resource_arns = verified_access_resource_arns


def value(params, name):
    found = params.get(name) or ""
    return found[0] if isinstance(found, list) else found


def network(params, region, account):
    return next(iter(resources(params, region, account)), None)


def resources(params, region, account):
    from ministack.services import ec2

    action = value(params, "Action")
    if action not in MAKES and action not in CHANGES:
        return []
    arns = [f"arn:aws:ec2:{region}:{account}:{MAKES[action]}/*"] if action in MAKES else []
    named = [value(params, name) for name in params if NAMES.fullmatch(name)]
    if action == "DisassociateRouteTable":
        named.append(table_of(ec2, value(params, "AssociationId")))
    for identity in dict.fromkeys(named):
        kind = TYPES.get(identity.split("-")[0]) or ec2._guess_resource_type(identity)
        owner = "aws" if ec2._is_aws_managed_prefix_id(identity) else account
        arns.append(f"arn:aws:ec2:{region}:{owner}:{kind}/{identity}")
    return arns


def table_of(ec2, association):
    for table in ec2._route_tables.values():
        if any(one.get("RouteTableAssociationId") == association for one in table.get("Associations", [])):
            return table["RouteTableId"]
    return "rtb-unknown"


def balancer(params, region, account):
    prefix = f"arn:aws:elasticloadbalancing:{region}:{account}"
    action, name = value(params, "Action"), value(params, "Name")
    if action == "CreateLoadBalancer":
        kind = "net" if value(params, "Type") == "network" else "app"
        return f"{prefix}:loadbalancer/{kind}/{name}/*"
    if action == "CreateTargetGroup":
        return f"{prefix}:targetgroup/{name}/*"
    return value(params, "ResourceArns.member.1") or None


def profile(params, _region, account):
    from ministack.services import iam

    name = value(params, "InstanceProfileName")
    found = iam._instance_profiles.get_scoped(account, None, name) if name else None
    return found["Arn"] if found else name and f"arn:aws:iam::{account}:instance-profile/{name}"


def group(params, region, account):
    name = value(params, "Tags.member.1.ResourceId")
    return name and f"arn:aws:autoscaling:{region}:{account}:autoScalingGroup:*:autoScalingGroupName/{name}"


OF_SERVICES = {"ec2": network, "elasticloadbalancing": balancer, "iam": profile, "autoscaling": group}
