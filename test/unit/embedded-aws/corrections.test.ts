/** One test for every correction of the embedded AWS, against a started one: what AWS does, and its twin that is
 * let through. A correction touches names that are private to one version of ministack; here it is seen when they
 * have moved. Beside this file: those of permissions, functions, API Gateway, networks and
 * instances. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { connect } from "node:tls";
import { CloudWatchClient, PutMetricAlarmCommand } from "@aws-sdk/client-cloudwatch";
import {
  CreateSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
} from "@aws-sdk/client-secrets-manager";
import {
  CreateWebACLCommand,
  DeleteLoggingConfigurationCommand,
  GetLoggingConfigurationCommand,
  PutLoggingConfigurationCommand,
  WAFV2Client,
} from "@aws-sdk/client-wafv2";
import { client, embedded, outcome, owner, query, region, root } from "./support/accounts.ts";

test("every correction is applied and has its test in this folder", () => {
  const files = readdirSync("local/aws/plugin").filter(
    (name) => name.endsWith(".py") && name !== "__init__.py",
  );
  const applied = [...readFileSync("local/aws/plugin/__init__.py", "utf8").matchAll(/^ {4}"(\w+)",$/gm)];
  expect(applied.map(([, name]) => `${name}.py`).sort()).toEqual(files.sort());
  const tests = readdirSync(__dirname)
    .filter((name) => /^corrections.*\.test\.ts$/.test(name))
    .map((name) => readFileSync(join(__dirname, name), "utf8"))
    .join("\n");
  for (const file of files) expect(tests).toContain(`describe("${file.replace(".py", "")}"`);
});

describe("only_our_port", () => {
  test("port 443 is not taken besides", async () => {
    const ours = await new Promise<boolean>((resolve) => {
      const socket = connect({
        host: "127.0.0.1",
        port: 443,
        ca: readFileSync(embedded.aws.ca),
        timeout: 2000,
      });
      socket.on("secureConnect", () => resolve(socket.authorized));
      for (const end of ["error", "timeout"]) socket.on(end, () => resolve(false));
      socket.on("close", () => resolve(false));
    });
    expect(ours).toBe(false);
  });
});

describe("waf_logging", () => {
  test("a web ACL's logging is kept whole, and gone when it is taken away", async () => {
    const waf = client(WAFV2Client, root(owner));
    const VisibilityConfig = {
      SampledRequestsEnabled: false,
      CloudWatchMetricsEnabled: true,
      MetricName: "all",
    };
    const { Summary } = await waf.send(
      new CreateWebACLCommand({
        ...{ Name: "acl", Scope: "REGIONAL", DefaultAction: { Block: {} }, Rules: [], VisibilityConfig },
      }),
    );
    const ResourceArn = Summary?.ARN;
    const get = () => waf.send(new GetLoggingConfigurationCommand({ ResourceArn }));
    const group = (name: string) => `arn:aws:logs:${region}:${owner}:log-group:${name}`;
    const put = (name: string) => {
      const LoggingConfiguration = {
        ResourceArn,
        LogDestinationConfigs: [group(name)],
        RedactedFields: [{ QueryString: {} }],
      };
      return waf.send(new PutLoggingConfigurationCommand({ LoggingConfiguration }));
    };
    expect(await outcome(get())).toBe("WAFNonexistentItemException");
    expect(await outcome(put("waf"))).toBe("WAFInvalidParameterException");
    await put("aws-waf-logs-x");
    expect((await get()).LoggingConfiguration).toMatchObject({
      LogDestinationConfigs: [group("aws-waf-logs-x")],
      RedactedFields: [{ QueryString: {} }],
    });
    await waf.send(new DeleteLoggingConfigurationCommand({ ResourceArn }));
    expect(await outcome(get())).toBe("WAFNonexistentItemException");
  });
});

describe("alarm_fields", () => {
  test("an alarm is described whole in the protocol that the provider speaks", async () => {
    const alarm = {
      ...{ AlarmName: "p99", AlarmDescription: "one in a hundred < 2 s", Namespace: "AWS/ApiGateway" },
      ...{ MetricName: "Latency", Dimensions: [{ Name: "ApiName", Value: "api" }], Period: 300 },
      ...{ ExtendedStatistic: "p99", EvaluationPeriods: 3, DatapointsToAlarm: 2, Threshold: 2000 },
      ...{ ComparisonOperator: "GreaterThanThreshold", TreatMissingData: "breaching" },
      AlarmActions: [`arn:aws:sns:${region}:${owner}:topic`],
    } as const;
    await client(CloudWatchClient, root(owner)).send(new PutMetricAlarmCommand(alarm as never));
    const text = await query(
      { accessKeyId: owner, secretAccessKey: "test" },
      "Action=DescribeAlarms&Version=2010-08-01&AlarmNames.member.1=p99",
    );
    for (const part of [
      "<AlarmDescription>one in a hundred &lt; 2 s</AlarmDescription>",
      "<Dimensions><member><Name>ApiName</Name><Value>api</Value></member></Dimensions>",
      "<ExtendedStatistic>p99</ExtendedStatistic>",
      "<Period>300</Period>",
      "<TreatMissingData>breaching</TreatMissingData>",
      "<ActionsEnabled>true</ActionsEnabled>",
      `<AlarmActions><member>arn:aws:sns:${region}:${owner}:topic</member></AlarmActions>`,
    ])
      expect(text).toContain(part);
    expect(text).not.toContain("<Statistic>");
  });
});

describe("secret_without_value", () => {
  test("a secret that is made without a value has none, and the first one put has no predecessor", async () => {
    const secrets = client(SecretsManagerClient, root(owner));
    const read = (SecretId: string, VersionStage: string) =>
      outcome(secrets.send(new GetSecretValueCommand({ SecretId, VersionStage })));
    await secrets.send(new CreateSecretCommand({ Name: "empty" }));
    expect(await read("empty", "AWSCURRENT")).toBe("ResourceNotFoundException");
    await secrets.send(new PutSecretValueCommand({ SecretId: "empty", SecretString: "first" }));
    expect(await read("empty", "AWSCURRENT")).toBe("ok");
    expect(await read("empty", "AWSPREVIOUS")).toBe("ResourceNotFoundException");
    await secrets.send(new PutSecretValueCommand({ SecretId: "empty", SecretString: "second" }));
    expect(await read("empty", "AWSPREVIOUS")).toBe("ok");
    await secrets.send(new CreateSecretCommand({ Name: "with-one", SecretString: "first" }));
    expect(await read("with-one", "AWSCURRENT")).toBe("ok");
  });
});
