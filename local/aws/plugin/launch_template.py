"""ministack: the network interfaces of a launch template forget whether they go with their instance, and their
security groups are named in an element that no client reads.

AWS: `deleteOnTermination`, and `groupSet` of `groupId`. EC2 API Reference,
LaunchTemplateInstanceNetworkInterfaceSpecification.
"""

import re


def apply():
    from ministack.services import ec2

    parse = ec2._parse_lt_data
    xml = ec2._lt_data_xml

    def parse_lt_data(params, prefix="LaunchTemplateData"):
        data = parse(params, prefix)
        for number, interface in enumerate(data.get("NetworkInterfaces", []), 1):
            asked = ec2._p(params, f"{prefix}.NetworkInterface.{number}.DeleteOnTermination")
            if asked:
                interface["DeleteOnTermination"] = asked.lower()
        return data

    def lt_data_xml(data):
        return re.sub(
            r"<networkInterfaceSet>(.*)</networkInterfaceSet>",
            lambda _: interfaces(ec2, data["NetworkInterfaces"]),
            xml(data),
        )

    ec2._parse_lt_data = parse_lt_data
    ec2._lt_data_xml = lt_data_xml


def interfaces(ec2, specifications):
    items = "".join(interface(ec2, one) for one in specifications)
    return f"<networkInterfaceSet>{items}</networkInterfaceSet>"


def interface(ec2, one):
    names = {
        "DeviceIndex": "deviceIndex",
        "SubnetId": "subnetId",
        "AssociatePublicIpAddress": "associatePublicIpAddress",
        "DeleteOnTermination": "deleteOnTermination",
        "Description": "description",
    }
    fields = "".join(f"<{tag}>{text(ec2, one[name])}</{tag}>" for name, tag in names.items() if name in one)
    groups = "".join(f"<groupId>{ec2._esc(group)}</groupId>" for group in one.get("Groups", []))
    return f"<item>{fields}{f'<groupSet>{groups}</groupSet>' if groups else ''}</item>"


def text(ec2, value):
    return str(value).lower() if isinstance(value, bool) else ec2._esc(str(value))
