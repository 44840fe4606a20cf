"""ministack: the policies of an Auto Scaling group are described all at once, whichever were asked for.

AWS: PolicyNames and PolicyTypes choose. Amazon EC2 Auto Scaling API Reference, DescribePolicies.
"""

CHOICES = {
    "AutoScalingGroupName": "AutoScalingGroupName",
    "PolicyNames": "PolicyName",
    "PolicyTypes": "PolicyType",
}


def apply():
    from ministack.services import autoscaling

    def describe_policies(params):
        asked = {field: values(autoscaling, params, name) for name, field in CHOICES.items()}
        members = "".join(
            f"<member>{autoscaling._member_xml({'StepAdjustments': [], 'Alarms': [], **policy})}</member>"
            for policy in autoscaling._policies.values()
            if all(policy[field] in wanted for field, wanted in asked.items() if wanted)
        )
        return autoscaling._xml(
            200,
            "DescribePoliciesResponse",
            f"<DescribePoliciesResult><ScalingPolicies>{members}</ScalingPolicies></DescribePoliciesResult>",
        )

    autoscaling._ACTION_MAP["DescribePolicies"] = describe_policies


def values(autoscaling, params, name):
    one = autoscaling._p(params, name)
    return [one] if one else autoscaling._parse_member_list(params, name)
