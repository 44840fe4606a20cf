"""Corrections of ministack 1.5.33 where it differs from AWS and our stacks would notice.

One file a correction; each says what is wrong, how AWS behaves, and replaces as little as it can. Names with a
leading underscore are private to that version: test/unit/embedded-aws has one test for every file here.
"""

from importlib import import_module

CORRECTIONS = (
    "only_our_port",
    "principal_arn",
    "root_user",
    "kms_message_type",
    "request_conditions",
    "s3_cross_account",
    "missing_object",
    "fresh_process",
    "lambda_qualifier",
    "named_resource",
    "network_resources",
    "patch_operations",
    "domain_name",
    "base_path_mapping",
    "mock_integration",
    "usage_plan",
    "waf_logging",
    "alarm_fields",
    "vpc_endpoint",
    "security_group_rule",
    "flow_log",
    "launch_template",
    "network_load_balancer",
    "auto_scaling_group",
    "scaling_policy",
    "instance_metadata",
    "secret_without_value",
)


def apply():
    for name in CORRECTIONS:
        import_module(f"{__name__}.{name}").apply()
