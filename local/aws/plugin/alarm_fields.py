"""ministack: over the Query protocol alarms are described without most of their fields, PutMetricAlarm loses
InsufficientDataActions and EvaluateLowSampleCountPercentile, and a percentile gets the statistic "Average" besides.

AWS: what was put is described whole, of metric and composite alarms alike; Statistic and ExtendedStatistic exclude
each other. CloudWatch API Reference, PutMetricAlarm, DescribeAlarms. The provider speaks Query.
"""

import json
from datetime import datetime, timezone
from xml.sax.saxutils import escape


def apply():
    from ministack.services import cloudwatch

    put = cloudwatch._put_metric_alarm
    describe = cloudwatch._describe_alarms

    def put_metric_alarm(params, cbor_data, is_cbor, is_json=False):
        answer = put(params, cbor_data, is_cbor, is_json)
        query = not (is_cbor or is_json)
        name = cloudwatch._p(params, "AlarmName") if query else cbor_data.get("AlarmName", "")
        alarm = cloudwatch._alarms.get(name)
        if answer[0] != 200 or alarm is None:
            return answer
        if alarm.get("ExtendedStatistic"):
            alarm["Statistic"] = None
        if query:
            alarm["InsufficientDataActions"] = members(cloudwatch, params, "InsufficientDataActions")
            low = cloudwatch._p(params, "EvaluateLowSampleCountPercentile")
        else:
            low = cbor_data.get("EvaluateLowSampleCountPercentile")
        if low:
            alarm["EvaluateLowSampleCountPercentile"] = low
        return answer

    def describe_alarms(params, cbor_data, is_cbor, is_json=False):
        if is_cbor or is_json:
            return describe(params, cbor_data, is_cbor, is_json)
        one = {
            key: cloudwatch._p(params, key) or None
            for key in ("AlarmNamePrefix", "StateValue", "MaxRecords", "NextToken")
        }
        many = {key: members(cloudwatch, params, key) for key in ("AlarmNames", "AlarmTypes")}
        status, _, body = describe(params, {**one, **many}, False, True)
        if status != 200:
            return describe(params, cbor_data, is_cbor, is_json)
        result = xml(json.loads(body))
        return cloudwatch._xml(
            200, "DescribeAlarmsResponse", f"<DescribeAlarmsResult>{result}</DescribeAlarmsResult>"
        )

    cloudwatch._put_metric_alarm = put_metric_alarm
    cloudwatch._describe_alarms = describe_alarms


def members(cloudwatch, params, name):
    found = []
    while value := cloudwatch._p(params, f"{name}.member.{len(found) + 1}"):
        found.append(value)
    return found


def xml(value):
    if isinstance(value, dict):
        return "".join(
            f"<{key}>{stamp(one) if key.endswith('Timestamp') else xml(one)}</{key}>"
            for key, one in value.items()
            if one is not None
        )
    if isinstance(value, list):
        return "".join(f"<member>{xml(one)}</member>" for one in value)
    if isinstance(value, bool):
        return "true" if value else "false"
    return escape(str(value))


def stamp(seconds):
    return datetime.fromtimestamp(float(seconds), timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
