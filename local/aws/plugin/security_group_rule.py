"""ministack: a security group's rule forgets the prefix list that it is about, and the rule that a new group has for
all traffic is not found when it is revoked with ports.

AWS: a rule is about an address range, another group or a prefix list, and what it was authorized for is described.
Two rules that differ in their description only are the same, whatever they are about; with all protocols (-1) ports
mean nothing. EC2 API Reference, AuthorizeSecurityGroupEgress, IpPermission. The provider revokes that first rule of
each group that it makes: without it every group would let out everything.
"""

from xml.sax.saxutils import escape


def apply():
    from ministack.services import ec2

    parse = ec2._parse_ip_permissions
    xml = ec2._sg_rule_xml
    strip = ec2._strip_descriptions

    def parse_ip_permissions(params, prefix):
        rules = parse(params, prefix)
        for number, rule in enumerate(rules, 1):
            rule["PrefixListIds"] = prefix_lists(ec2, params, f"{prefix}.{number}.PrefixListIds")
        return rules

    def sg_rule_xml(group, rule, is_egress=False):
        items = xml(group, rule, is_egress)
        lists = rule.get("PrefixListIds", [])
        if not lists or any(rule.get(kind) for kind in ("IpRanges", "Ipv6Ranges", "UserIdGroupPairs")):
            return items
        # Stock renders one item that says nothing of what the rule is about.
        return "".join(
            items.replace("</toPort>", f"</toPort><prefixListId>{escape(one['PrefixListId'])}</prefixListId>")
            for one in lists
        )

    def strip_descriptions(rule):
        stripped = strip(rule)
        for kind in ("PrefixListIds", "UserIdGroupPairs"):
            stripped[kind] = [
                {key: value for key, value in one.items() if key != "Description"}
                for one in rule.get(kind, [])
            ]
        if str(stripped.get("IpProtocol", "-1")) == "-1":
            for port in ("FromPort", "ToPort"):
                stripped.pop(port, None)
        return stripped

    ec2._parse_ip_permissions = parse_ip_permissions
    ec2._sg_rule_xml = sg_rule_xml
    ec2._strip_descriptions = strip_descriptions


def prefix_lists(ec2, params, prefix):
    found = []
    while identity := ec2._p(params, f"{prefix}.{len(found) + 1}.PrefixListId"):
        description = ec2._p(params, f"{prefix}.{len(found) + 1}.Description")
        found.append({"PrefixListId": identity, **({"Description": description} if description else {})})
    return found
