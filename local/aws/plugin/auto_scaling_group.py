"""ministack: an Auto Scaling group forgets its target groups, its warm-up, the zones of its subnets and every launch
template after its first; it knows no metrics to collect, and a refresh leaves its instances as they were.

AWS: what was asked for is described, a template by id and name; UpdateAutoScalingGroup takes another version; target
groups are attached and detached; metrics are enabled and disabled, all when none is named; a refresh replaces the
instances by ones of the group's template. Amazon EC2 Auto Scaling API Reference.
"""

METRICS = (
    "GroupMinSize",
    "GroupMaxSize",
    "GroupDesiredCapacity",
    "GroupInServiceInstances",
    "GroupPendingInstances",
    "GroupStandbyInstances",
    "GroupTerminatingInstances",
    "GroupTotalInstances",
)


def apply():
    from ministack.services import autoscaling

    stock = dict(autoscaling._ACTION_MAP)

    def group_of(params):
        return autoscaling._asgs.get(autoscaling._p(params, "AutoScalingGroupName"))

    def then(action, work):
        """The stock action, and on what it has left of the group the work."""

        def act(params):
            answer = stock[action](params)
            group = group_of(params)
            if answer[0] == 200 and group:
                work(autoscaling, group, params)
            return answer

        return act

    def alone(action, work):
        """An action that stock does not know."""

        def act(params):
            group = group_of(params)
            if not group:
                return autoscaling._error("ValidationError", "AutoScalingGroup name not found - null")
            result = work(autoscaling, group, params) or ""
            return autoscaling._xml(200, f"{action}Response", f"<{action}Result>{result}</{action}Result>")

        return act

    def describe(params):
        status, headers, body = stock["DescribeAutoScalingGroups"](params)
        text = body.decode()
        for group in autoscaling._asgs.values():
            own = f"<AutoScalingGroupARN>{group['AutoScalingGroupARN']}</AutoScalingGroupARN>"
            text = text.replace(own, own + more_fields(group))
        return status, headers, text.encode()

    autoscaling._ACTION_MAP.update(
        {
            "CreateAutoScalingGroup": then("CreateAutoScalingGroup", created),
            "UpdateAutoScalingGroup": then("UpdateAutoScalingGroup", configure),
            "StartInstanceRefresh": then("StartInstanceRefresh", renew),
            "DescribeAutoScalingGroups": describe,
            "AttachLoadBalancerTargetGroups": alone("AttachLoadBalancerTargetGroups", attach),
            "DetachLoadBalancerTargetGroups": alone("DetachLoadBalancerTargetGroups", detach),
            "DescribeLoadBalancerTargetGroups": alone("DescribeLoadBalancerTargetGroups", attached),
            "EnableMetricsCollection": alone("EnableMetricsCollection", enable),
            "DisableMetricsCollection": alone("DisableMetricsCollection", disable),
        }
    )


def created(autoscaling, group, params):
    attach(autoscaling, group, params)
    configure(autoscaling, group, params)
    renew(autoscaling, group, params)


def configure(autoscaling, group, params):
    from ministack.services import ec2

    identity, name, version = (
        autoscaling._p(params, f"LaunchTemplate.{field}")
        for field in ("LaunchTemplateId", "LaunchTemplateName", "Version")
    )
    for one in ec2._launch_templates.values():
        if identity == one["LaunchTemplateId"] or name == one["LaunchTemplateName"]:
            group["LaunchTemplate"] = {
                "LaunchTemplateId": one["LaunchTemplateId"],
                "LaunchTemplateName": one["LaunchTemplateName"],
                "Version": version or "$Default",
            }
    if autoscaling._p(params, "DefaultInstanceWarmup"):
        group["DefaultInstanceWarmup"] = int(autoscaling._p(params, "DefaultInstanceWarmup"))
    subnets = [ec2._subnets.get(one.strip()) for one in group["VPCZoneIdentifier"].split(",")]
    zones = sorted({one["AvailabilityZone"] for one in subnets if one})
    group["AvailabilityZones"] = zones or group["AvailabilityZones"]


def renew(autoscaling, group, params):
    group["Instances"] = []
    autoscaling._reconcile_instances(group)


def attach(autoscaling, group, params):
    asked = autoscaling._parse_member_list(params, "TargetGroupARNs")
    group["TargetGroupARNs"] = list(dict.fromkeys([*group.get("TargetGroupARNs", []), *asked]))


def detach(autoscaling, group, params):
    asked = autoscaling._parse_member_list(params, "TargetGroupARNs")
    group["TargetGroupARNs"] = [one for one in group.get("TargetGroupARNs", []) if one not in asked]


def attached(autoscaling, group, params):
    members = "".join(
        f"<member><LoadBalancerTargetGroupARN>{one}</LoadBalancerTargetGroupARN>"
        f"<State>InService</State></member>"
        for one in group.get("TargetGroupARNs", [])
    )
    return f"<LoadBalancerTargetGroups>{members}</LoadBalancerTargetGroups>"


def enable(autoscaling, group, params):
    asked = autoscaling._parse_member_list(params, "Metrics") or METRICS
    group["EnabledMetrics"] = sorted({*group.get("EnabledMetrics", []), *asked})


def disable(autoscaling, group, params):
    asked = autoscaling._parse_member_list(params, "Metrics") or METRICS
    group["EnabledMetrics"] = [one for one in group.get("EnabledMetrics", []) if one not in asked]


def more_fields(group):
    targets = "".join(f"<member>{one}</member>" for one in group.get("TargetGroupARNs", []))
    metrics = "".join(
        f"<member><Metric>{one}</Metric><Granularity>1Minute</Granularity></member>"
        for one in group.get("EnabledMetrics", [])
    )
    warmup = group.get("DefaultInstanceWarmup")
    return (
        f"<TargetGroupARNs>{targets}</TargetGroupARNs><EnabledMetrics>{metrics}</EnabledMetrics>"
        f"{'' if warmup is None else f'<DefaultInstanceWarmup>{warmup}</DefaultInstanceWarmup>'}"
    )
