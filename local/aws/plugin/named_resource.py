"""ministack: some requests that name their resource are judged as if they named none, or by another name.

AWS: CreateFunction is judged by the function's ARN, an alias's requests by the alias's, a rule's targets by the
rule, a rule of the default bus by `rule/NAME` without a bus, and requests about tags, alarms, dashboards and a web
ACL's log by the resources that they name. Service Authorization Reference: Lambda, KMS, EventBridge, CloudWatch, WAF.
"""

import json

TAGGED = ("ResourceARN", "ResourceArn", "resourceArn")


def apply():
    from ministack.core import iam_actions

    stock = iam_actions.extract_resource_arn

    def extract_resource_arn(service, method, path, headers, body, params, region, account_id):
        arn = stock(service, method, path, headers, body, params, region, account_id)
        asked = fields(body)
        if service == "events":
            return of_rule(arn, asked, region, account_id)
        if service == "kms" and asked.get("AliasName", "").startswith("alias/"):
            return f"arn:aws:kms:{region}:{account_id}:{asked['AliasName']}"
        return arn if arn != "*" else of_name(service, method, path, asked, params, region, account_id)

    iam_actions.extract_resource_arn = extract_resource_arn


def of_rule(arn, asked, region, account):
    bus = asked.get("EventBusName") or "default"
    if asked.get("Rule") and not bus.startswith("arn:"):
        arn = f"arn:aws:events:{region}:{account}:rule/{bus}/{asked['Rule']}"
    return arn.replace(":rule/default/", ":rule/")


def of_name(service, method, path, asked, params, region, account):
    def query(name):
        value = params.get(name) or asked.get(name) or ""
        return value[0] if isinstance(value, list) else value

    if service == "lambda" and method == "POST" and path.rstrip("/").endswith("/functions"):
        return f"arn:aws:lambda:{region}:{account}:function:{asked.get('FunctionName', '')}"
    dashboard = query("DashboardName") or query("DashboardNames.member.1") or query("DashboardNames")
    if service == "monitoring" and dashboard:
        return f"arn:aws:cloudwatch::{account}:dashboard/{dashboard}"
    if service == "monitoring":
        alarm = query("AlarmNames.member.1") or query("AlarmNames")
        if alarm:
            return f"arn:aws:cloudwatch:{region}:{account}:alarm:{alarm}"
    logging = asked.get("LoggingConfiguration")
    if service == "wafv2" and isinstance(logging, dict) and logging.get("ResourceArn"):
        return logging["ResourceArn"]
    return next((query(name) for name in TAGGED if query(name)), "*")


def fields(body):
    try:
        asked = json.loads(body or b"{}")
    except ValueError:
        return {}
    return asked if isinstance(asked, dict) else {}
