"""ministack: a network load balancer and its listeners have the ARNs of an application load balancer's, it is in no
network of ours, and goes although it is protected from deletion.

AWS: `loadbalancer/net/NAME/ID`, whose end is the dimension of its metrics; `NAME-ID.elb.REGION.amazonaws.com`; the
network of its subnets; DeleteLoadBalancer of a protected one is OperationNotPermitted. Elastic Load Balancing API
Reference (2015-12-01).
"""

import re


def apply():
    from ministack.services import alb

    create = alb._ACTION_MAP["CreateLoadBalancer"]
    listen = alb._ACTION_MAP["CreateListener"]
    delete = alb._ACTION_MAP["DeleteLoadBalancer"]

    def create_load_balancer(params):
        answer = create(params)
        arn = first(answer, "LoadBalancerArn")
        if not arn:
            return answer
        balancer = alb._lbs[arn]
        balancer["VpcId"] = network_of(balancer["Subnets"])
        if balancer["Type"] == "network":
            balancer["LoadBalancerArn"] = rename(arn, alb._lbs, alb._lb_attrs, alb._tags)
            balancer["DNSName"] = f"{'-'.join(arn.split('/')[-2:])}.elb.{arn.split(':')[3]}.amazonaws.com"
        xml = alb._lb_xml(balancer)
        return alb._xml(200, "CreateLoadBalancer", f"<LoadBalancers>{xml}</LoadBalancers>")

    def create_listener(params):
        answer = listen(params)
        arn = first(answer, "ListenerArn")
        if not arn or "/net/" not in alb._p(params, "LoadBalancerArn"):
            return answer
        listener = alb._listeners[arn]
        listener["ListenerArn"] = rename(arn, alb._listeners, alb._listener_attrs, alb._tags)
        for rule in [one for one in alb._rules.values() if one["ListenerArn"] == arn]:
            rule["ListenerArn"] = listener["ListenerArn"]
            rule["RuleArn"] = rename(rule["RuleArn"], alb._rules)
        xml = alb._listener_xml(listener)
        return alb._xml(200, "CreateListener", f"<Listeners>{xml}</Listeners>")

    def delete_load_balancer(params):
        arn = alb._p(params, "LoadBalancerArn")
        if {"Key": "deletion_protection.enabled", "Value": "true"} in alb._lb_attrs.get(arn, []):
            return alb._error("OperationNotPermitted", f"Load balancer '{arn}' is protected from deletion")
        return delete(params)

    alb._ACTION_MAP["CreateLoadBalancer"] = create_load_balancer
    alb._ACTION_MAP["CreateListener"] = create_listener
    alb._ACTION_MAP["DeleteLoadBalancer"] = delete_load_balancer


def first(answer, element):
    found = re.search(rf"<{element}>([^<]+)<", answer[2].decode())
    return found and found.group(1)


def rename(arn, *stores):
    """The ARN of a network load balancer's, under which all stores have it from now on."""
    new = arn.replace("/app/", "/net/", 1)
    for store in stores:
        if arn in store:
            store[new] = store.pop(arn)
    return new


def network_of(subnets):
    from ministack.services import ec2

    return next((found["VpcId"] for one in subnets if (found := ec2._subnets.get(one))), "")
