/** What is seen afterwards (logs, alarms, notifications), and that CRLs go on being published. */
import { any, guard, lowerIsLooser, must, mustBeThere } from "../judges.ts";
import { rows } from "./row.ts";

const concern = "Logs and alarms";
const schedule = "Publishing";

export const records = [
  // 0 and nothing: for ever.
  ...rows(
    "aws_cloudwatch_log_group",
    concern,
    ["retention_in_days", "days that logs are kept", lowerIsLooser()],
    ["skip_destroy", "kept when the stack is destroyed", any("changes")],
    ["name", "log group", any("changes")],
  ),
  ...rows(
    "aws_api_gateway_stage",
    concern,
    ["access_log_settings.destination_arn", "where calls are recorded", mustBeThere("unjudged")],
    ["access_log_settings.format", "what is recorded of a call", any("unjudged")],
    ["access_log_settings.format.**", "what is recorded of a call", any("unjudged")],
  ),
  ...rows(
    "aws_api_gateway_method_settings",
    concern,
    ["settings.logging_level", "execution log", any("changes")],
    ["settings.data_trace_enabled", "payloads and tokens are logged", must(false, false)],
  ),
  ...rows(
    "aws_cloudwatch_metric_alarm",
    concern,
    ["actions_enabled", "somebody is told", must(true, true)],
    ["alarm_actions", "who is told", guard],
    ["alarm_actions[]", "who is told", guard],
    ["**", "alarm", any("unjudged")],
  ),
  ...rows(
    "aws_cloudwatch_composite_alarm",
    concern,
    ["actions_enabled", "somebody is told", must(true, true)],
    ["**", "alarm", any("unjudged")],
  ),
  ...rows("aws_sns_topic_subscription", concern, ["**", "who is told", any("unjudged")]),
  ...rows(
    "aws_cloudwatch_event_rule",
    schedule,
    ["state", "the rule works", must("ENABLED", "ENABLED")],
    ["is_enabled", "the rule works", must(true, true)],
    ["schedule_expression", "when it runs", any("unjudged")],
    ["event_pattern.**", "what it reacts to", any("unjudged")],
  ),
  ...rows(
    "aws_cloudwatch_event_target",
    schedule,
    ["arn", "what is called", any("unjudged")],
    ["rule", "by which rule", any("unjudged")],
    ["input.**", "with what it is called", any("unjudged")],
    ["role_arn", "the role that calls", any("unjudged")],
  ),
  ...rows(
    "aws_scheduler_schedule",
    schedule,
    ["state", "the schedule works", must("ENABLED", "ENABLED")],
    ["**", "schedule", any("unjudged")],
  ),
];
