"""ministack: a flow log forgets its format, its interval, the form of its files, and its tags.

AWS: what was asked for is described, with the default format and 600 seconds where nothing was. Its tags come
under the resource type `vpc-flow-log`. EC2 API Reference, CreateFlowLogs, FlowLog.
"""

import re

FORMAT = (
    "${version} ${account-id} ${interface-id} ${srcaddr} ${dstaddr} ${srcport} ${dstport} ${protocol} ${packets}"
    " ${bytes} ${start} ${end} ${action} ${log-status}"
)
OPTIONS = {
    "FileFormat": "fileFormat",
    "HiveCompatiblePartitions": "hiveCompatiblePartitions",
    "PerHourPartition": "perHourPartition",
}


def apply():
    from ministack.services import ec2

    create = ec2._ACTION_MAP["CreateFlowLogs"]
    describe = ec2._ACTION_MAP["DescribeFlowLogs"]

    def create_flow_logs(params):
        answer = create(params)
        for identity in re.findall(r"<item>(fl-[0-9a-f]+)</item>", answer[2].decode()):
            log = ec2._flow_logs[identity]
            log["LogFormat"] = ec2._p(params, "LogFormat") or FORMAT
            log["MaxAggregationInterval"] = ec2._p(params, "MaxAggregationInterval") or "600"
            asked = {name: ec2._p(params, f"DestinationOptions.{name}") for name in OPTIONS}
            log["DestinationOptions"] = {name: value for name, value in asked.items() if value}
            ec2._parse_tag_specs(params, "vpc-flow-log", identity)
        return answer

    def describe_flow_logs(params):
        status, headers, body = describe(params)
        text = body.decode()
        for identity, log in ec2._flow_logs.items():
            own = f"<flowLogId>{identity}</flowLogId>"
            text = text.replace(own, own + more_fields(ec2, log))
        return status, headers, text.encode()

    ec2._ACTION_MAP["CreateFlowLogs"] = create_flow_logs
    ec2._ACTION_MAP["DescribeFlowLogs"] = describe_flow_logs


def more_fields(ec2, log):
    options = "".join(
        f"<{OPTIONS[name]}>{ec2._esc(value)}</{OPTIONS[name]}>"
        for name, value in log.get("DestinationOptions", {}).items()
    )
    return (
        f"<logFormat>{ec2._esc(log.get('LogFormat', FORMAT))}</logFormat>"
        f"<maxAggregationInterval>{log.get('MaxAggregationInterval', '600')}</maxAggregationInterval>"
        f"{f'<destinationOptions>{options}</destinationOptions>' if options else ''}"
    )
