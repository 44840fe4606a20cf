/** A stack's alarms are its own, and not those of a stack whose name goes on. */
import {
  CloudWatchClient,
  PutCompositeAlarmCommand,
  PutMetricAlarmCommand,
} from "@aws-sdk/client-cloudwatch";
import { clientConfiguration } from "#aws/connection.ts";
import { deployedAlarms } from "#aws/deployed-alarms.ts";
import { accountRoot } from "#local/aws/seed.ts";
import { embeddedAws, region } from "../../support/embedded-aws.ts";

const embedded = embeddedAws();

test("of dev-api, not of dev-api2", async () => {
  const connection = accountRoot(embedded.aws, "222222222222", region);
  const client = new CloudWatchClient(clientConfiguration(connection));
  for (const stack of ["dev-api", "dev-api2"]) {
    await client.send(
      new PutMetricAlarmCommand({
        ...{ AlarmName: `${stack}-latency`, Namespace: "AWS/ApiGateway", MetricName: "Latency" },
        ...{ Statistic: "Average", Period: 300, EvaluationPeriods: 1, Threshold: 1 },
        ComparisonOperator: "GreaterThanThreshold",
      }),
    );
    await client.send(
      new PutCompositeAlarmCommand({ AlarmName: stack, AlarmRule: `ALARM("${stack}-latency")` }),
    );
  }
  const { metrics, composites } = await deployedAlarms(connection, "dev-api");
  expect(metrics.map(({ AlarmName }) => AlarmName)).toEqual(["dev-api-latency"]);
  expect(composites.map(({ AlarmName }) => AlarmName)).toEqual(["dev-api"]);
});
