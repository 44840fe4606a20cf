/**
 * One test for every correction of the embedded AWS, against a started one: what AWS does, and its twin that is
 * let through. A correction touches names that are private to one version of ministack; here it is seen when they
 * have moved.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect } from "node:tls";
import {
  APIGatewayClient,
  CreateBasePathMappingCommand,
  CreateDomainNameCommand,
  CreateRestApiCommand,
  CreateUsagePlanCommand,
  GetBasePathMappingCommand,
  GetDomainNameCommand,
  GetIntegrationCommand,
  GetResourcesCommand,
  GetRestApiCommand,
  GetUsagePlanCommand,
  PutIntegrationCommand,
  PutMethodCommand,
  UpdateDomainNameCommand,
  UpdateIntegrationCommand,
  UpdateRestApiCommand,
} from "@aws-sdk/client-api-gateway";
import { CloudWatchClient, PutMetricAlarmCommand } from "@aws-sdk/client-cloudwatch";
import { EventBridgeClient, PutRuleCommand, PutTargetsCommand } from "@aws-sdk/client-eventbridge";
import {
  CreatePolicyCommand,
  CreateRoleCommand,
  DeleteRolePermissionsBoundaryCommand,
  IAMClient,
  PutRolePermissionsBoundaryCommand,
  PutRolePolicyCommand,
} from "@aws-sdk/client-iam";
import {
  CreateAliasCommand as CreateKeyAliasCommand,
  CreateKeyCommand,
  KMSClient,
  SignCommand,
} from "@aws-sdk/client-kms";
import {
  CreateAliasCommand,
  CreateFunctionCommand,
  InvokeCommand,
  LambdaClient,
  PublishVersionCommand,
  UpdateFunctionConfigurationCommand,
} from "@aws-sdk/client-lambda";
import {
  ChangeResourceRecordSetsCommand,
  CreateHostedZoneCommand,
  type ResourceRecordSet,
  Route53Client,
} from "@aws-sdk/client-route-53";
import {
  CreateBucketCommand,
  DeleteBucketPolicyCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutBucketOwnershipControlsCommand,
  PutBucketPolicyCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import {
  CreateWebACLCommand,
  DeleteLoggingConfigurationCommand,
  GetLoggingConfigurationCommand,
  PutLoggingConfigurationCommand,
  WAFV2Client,
} from "@aws-sdk/client-wafv2";
import aws4 from "aws4";
import { zipSync } from "fflate";
import { AccountSeed } from "#aws/account-seed.ts";
import { asRole } from "#aws/assume-role.ts";
import { type Connection, clientConfiguration } from "#aws/connection.ts";
import { installEmbeddedAws } from "#local/aws/install.ts";
import { accountRoot } from "#local/aws/seed.ts";
import { type EmbeddedAws, startEmbeddedAws } from "#local/aws/start.ts";
import { recordStatements } from "#stacks/foundation/records.ts";

const region = "eu-west-2";
const [owner, other] = ["111111111111", "222222222222"] as const;
const bucket = "corrections-111111111111";
let folder: string;
let aws: EmbeddedAws;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "embedded-aws-"));
  const { python } = await installEmbeddedAws();
  aws = await startEmbeddedAws({ python, folder, region });
  await makeBucket(bucket);
}, 180_000);

afterAll(async () => {
  await aws?.stop();
  rmSync(folder, { recursive: true, force: true });
});

test("every correction is applied and has its test here", () => {
  const files = readdirSync("local/aws/plugin").filter(
    (name) => name.endsWith(".py") && name !== "__init__.py",
  );
  const applied = [...readFileSync("local/aws/plugin/__init__.py", "utf8").matchAll(/^ {4}"(\w+)",$/gm)];
  expect(applied.map(([, name]) => `${name}.py`).sort()).toEqual(files.sort());
  const tests = readFileSync(__filename, "utf8");
  for (const file of files) expect(tests).toContain(`describe("${file.replace(".py", "")}"`);
});

describe("only_our_port", () => {
  test("port 443 is not taken besides", async () => {
    const ours = await new Promise<boolean>((resolve) => {
      const socket = connect({ host: "127.0.0.1", port: 443, ca: readFileSync(aws.ca), timeout: 2000 });
      socket.on("secureConnect", () => resolve(socket.authorized));
      for (const end of ["error", "timeout"]) socket.on(end, () => resolve(false));
      socket.on("close", () => resolve(false));
    });
    expect(ours).toBe(false);
  });
});

describe("principal_arn", () => {
  test("a condition on aws:PrincipalArn names a role, whatever its session is called", async () => {
    await role(owner, "reader", allow("s3:GetObject", "s3:ListBucket"));
    await role(owner, "another", allow("s3:GetObject", "s3:ListBucket"));
    await withPolicy(
      bucket,
      deny("s3:GetObject", { ArnNotEquals: { "aws:PrincipalArn": arnOf(owner, "reader") } }),
      async () => {
        expect(await read(as(owner, "reader"), bucket, "file")).toBe("content");
        expect(await read(as(owner, "another"), bucket, "file")).toBe("AccessDenied");
      },
    );
  });
});

describe("root_user", () => {
  test("a bucket policy's Deny holds for root, who may still remove the policy", async () => {
    const put = () => outcome(s3(owner).send(new PutObjectCommand({ Bucket: bucket, Key: "x", Body: "x" })));
    await withPolicy(bucket, deny("s3:PutObject", {}), async () => {
      expect(await put()).toBe("AccessDenied");
    });
    expect(await put()).toBe("ok");
  });

  test("what a key policy does not allow, root may not either", async () => {
    const key = await makeKey({ Action: ["kms:DescribeKey", "kms:PutKeyPolicy"] });
    expect(await sign(root(owner), key, "DIGEST")).toBe("AccessDeniedException");
    expect(await sign(root(owner), await makeKey({ Action: "kms:*" }), "DIGEST")).toBe("ok");
  });
});

describe("kms_message_type", () => {
  test("a key that signs digests only refuses a message", async () => {
    await role(owner, "signer", allow("kms:Sign"));
    const key = await makeKey(
      { Action: "kms:PutKeyPolicy" },
      {
        Action: "kms:Sign",
        Condition: {
          StringEquals: { "kms:MessageType": "DIGEST" },
          ArnEquals: { "aws:PrincipalArn": arnOf(owner, "signer") },
        },
      },
    );
    expect(await sign(as(owner, "signer"), key, "DIGEST")).toBe("ok");
    expect(await sign(as(owner, "signer"), key, "RAW")).toBe("AccessDeniedException");
  });
});

describe("request_conditions", () => {
  const boundary = `arn:aws:iam::${owner}:policy/boundary`;
  const theirs = `arn:aws:iam::${owner}:policy/theirs`;
  const iam = () => client(IAMClient, as(owner, "maker"));
  const trust = JSON.stringify({ Version: "2012-10-17", Statement: [] });

  beforeAll(async () => {
    for (const PolicyName of ["boundary", "theirs"])
      await client(IAMClient, root(owner)).send(
        new CreatePolicyCommand({
          PolicyName,
          PolicyDocument: JSON.stringify({ Version: "2012-10-17", Statement: [allow("s3:GetObject")] }),
        }),
      );
    await role(owner, "maker", {
      ...allow("iam:CreateRole", "iam:PutRolePolicy", "iam:PutRolePermissionsBoundary"),
      Condition: { StringEquals: { "iam:PermissionsBoundary": boundary } },
    });
  });

  test.each([
    ["with the boundary", boundary, "ok"],
    ["with another", theirs, "AccessDenied"],
    ["without one", undefined, "AccessDenied"],
  ])("a role %s: %s", async (_what, PermissionsBoundary, expected) => {
    const RoleName = `made-${PermissionsBoundary?.split("/")[1] ?? "without"}`;
    const made = iam().send(
      new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument: trust, PermissionsBoundary }),
    );
    expect(await outcome(made)).toBe(expected);
  });

  test("permissions are given to a role that has the boundary, and to no other", async () => {
    await role(owner, "unbounded", allow("s3:GetObject"));
    const give = (RoleName: string) =>
      iam().send(
        new PutRolePolicyCommand({
          ...{ RoleName, PolicyName: "more" },
          PolicyDocument: JSON.stringify({ Version: "2012-10-17", Statement: [allow("s3:*")] }),
        }),
      );
    expect(await outcome(give("made-boundary"))).toBe("ok");
    expect(await outcome(give("unbounded"))).toBe("AccessDenied");
    const put = (PermissionsBoundary: string) =>
      iam().send(new PutRolePermissionsBoundaryCommand({ RoleName: "made-boundary", PermissionsBoundary }));
    expect(await outcome(put(theirs))).toBe("AccessDenied");
    expect(await outcome(put(boundary))).toBe("ok");
    expect(
      await outcome(iam().send(new DeleteRolePermissionsBoundaryCommand({ RoleName: "made-boundary" }))),
    ).toBe("AccessDenied");
  });

  test.each<[string, ResourceRecordSet[], string]>([
    ["the domain's CNAME", [cname("api.example.com")], "ok"],
    ["what validates its certificate", [cname("_1a2b.API.example.com.")], "ok"],
    ["a name beside it", [cname("www.example.com")], "AccessDenied"],
    ["a name that ends like it", [cname("myapi.example.com")], "AccessDenied"],
    ["a name below it", [cname("www.api.example.com")], "AccessDenied"],
    ["another beside the domain's", [cname("api.example.com"), cname("www.example.com")], "AccessDenied"],
    [
      "another type",
      [{ Name: "api.example.com", Type: "TXT", TTL: 60, ResourceRecords: [{ Value: '"x"' }] }],
      "AccessDenied",
    ],
  ])("records by the zone role: %s", async (_what, sets, expected) => {
    await role(owner, "zone", recordStatements(["api.example.com"])[0] as object);
    const { HostedZone } = await client(Route53Client, root(owner)).send(
      new CreateHostedZoneCommand({ Name: "example.com", CallerReference: expected + sets[0]?.Name }),
    );
    const changed = client(Route53Client, as(owner, "zone")).send(
      new ChangeResourceRecordSetsCommand({
        HostedZoneId: HostedZone?.Id,
        ChangeBatch: { Changes: sets.map((one) => ({ Action: "UPSERT", ResourceRecordSet: one })) },
      }),
    );
    expect(await outcome(changed)).toBe(expected);
  });
});

function cname(Name: string): ResourceRecordSet {
  return { Name, Type: "CNAME", TTL: 60, ResourceRecords: [{ Value: "target.example.org" }] };
}

describe("s3_cross_account", () => {
  test("an account is admitted with one role: that role reads, another does not, neither writes", async () => {
    await role(other, "reader", allow("s3:GetObject", "s3:PutObject"));
    await role(other, "another", allow("s3:GetObject", "s3:PutObject"));
    const admitted = {
      Effect: "Allow",
      Principal: { AWS: `arn:aws:iam::${other}:root` },
      Action: "s3:GetObject",
      Resource: `arn:aws:s3:::${bucket}/file`,
      Condition: { ArnEquals: { "aws:PrincipalArn": arnOf(other, "reader") } },
    };
    await withPolicy(bucket, admitted, async () => {
      expect(await read(as(other, "reader"), bucket, "file")).toBe("content");
      expect(await read(as(other, "another"), bucket, "file")).toBe("AccessDenied");
      expect(await read(root(other), bucket, "file")).toBe("AccessDenied");
      const put = new PutObjectCommand({ Bucket: bucket, Key: "file", Body: "theirs" });
      expect(await outcome(client(S3Client, as(other, "reader")).send(put))).toBe("AccessDenied");
    });
  });
});

describe("missing_object", () => {
  test("only who may list learns that an object is missing", async () => {
    await role(owner, "get-only", allow("s3:GetObject"));
    await role(owner, "get-and-list", allow("s3:GetObject", "s3:ListBucket"));
    expect(await read(as(owner, "get-and-list"), bucket, "missing")).toBe("NoSuchKey");
    expect(await read(as(owner, "get-only"), bucket, "missing")).toBe("AccessDenied");
    expect(await read(as(owner, "get-only"), bucket, "file")).toBe("content");
    const head = new HeadObjectCommand({ Bucket: bucket, Key: "missing" });
    const status = (connection: Connection) =>
      client(S3Client, connection)
        .send(head)
        .catch((error) => error.$metadata.httpStatusCode);
    expect([await status(as(owner, "get-only")), await status(as(owner, "get-and-list"))]).toEqual([
      403, 404,
    ]);
  });
});

describe("functions", () => {
  let lambda: LambdaClient;
  const invoke = (connection: Connection, Qualifier?: string) =>
    client(LambdaClient, connection).send(new InvokeCommand({ FunctionName: "teller", Qualifier }));
  const pid = async () => Buffer.from((await invoke(root(owner))).Payload ?? []).toString("utf8");

  beforeAll(async () => {
    lambda = client(LambdaClient, root(owner));
    await role(owner, "teller", allow("logs:*"), { Service: "lambda.amazonaws.com" });
    const code = "exports.handler = async () => process.pid;";
    const configuration = {
      FunctionName: "teller",
      Role: arnOf(owner, "teller"),
      Runtime: "nodejs22.x" as const,
    };
    await lambda.send(
      new CreateFunctionCommand({
        ...configuration,
        Handler: "index.handler",
        Code: { ZipFile: zipSync({ "index.js": Buffer.from(code) }) },
      }),
    );
    await lambda.send(new PublishVersionCommand({ FunctionName: "teller" }));
    await lambda.send(
      new CreateAliasCommand({ FunctionName: "teller", Name: "partner", FunctionVersion: "1" }),
    );
  });

  describe("fresh_process", () => {
    test("a configuration that is written anew starts a fresh process, nothing else does", async () => {
      const first = await pid();
      expect(await pid()).toBe(first);
      await lambda.send(new UpdateFunctionConfigurationCommand({ FunctionName: "teller", Description: "" }));
      expect(await pid()).not.toBe(first);
    });
  });

  describe("lambda_qualifier", () => {
    const arn = `arn:aws:lambda:${region}:${owner}:function:teller`;

    test.each([
      ["on the alias", `${arn}:partner`, ["ok", "AccessDeniedException"]],
      ["on the function", arn, ["AccessDeniedException", "ok"]],
    ])("permission %s is permission on that alone", async (what, Resource, expected) => {
      const name = `invoker-${what.replaceAll(" ", "-")}`;
      await role(owner, name, { Effect: "Allow", Action: "lambda:InvokeFunction", Resource });
      const invoker = as(owner, name);
      expect([await outcome(invoke(invoker, "partner")), await outcome(invoke(invoker))]).toEqual(expected);
    });
  });
});

describe("mock_integration", () => {
  const made = async (type: "MOCK" | "HTTP", more: object) => {
    const gateway = client(APIGatewayClient, root(owner));
    const { id: restApiId } = await gateway.send(new CreateRestApiCommand({ name: "mocked" }));
    const { items } = await gateway.send(new GetResourcesCommand({ restApiId }));
    const place = { restApiId, resourceId: items?.[0]?.id, httpMethod: "GET" };
    await gateway.send(new PutMethodCommand({ ...place, authorizationType: "NONE" }));
    await gateway.send(new PutIntegrationCommand({ ...place, type, ...more }));
    return await gateway.send(new GetIntegrationCommand(place));
  };

  test("calls nobody: it has neither method nor address", async () => {
    const requestTemplates = { "application/json": '{"statusCode":200}' };
    const integration = await made("MOCK", { requestTemplates, passthroughBehavior: "NEVER" });
    expect(integration).toMatchObject({ type: "MOCK", requestTemplates, passthroughBehavior: "NEVER" });
    expect(integration).not.toHaveProperty("httpMethod");
    expect(integration).not.toHaveProperty("uri");
  });

  test("any other keeps both", async () => {
    const uri = "https://x.test/";
    expect(await made("HTTP", { integrationHttpMethod: "PUT", uri })).toMatchObject({
      httpMethod: "PUT",
      uri,
    });
  });
});

describe("usage_plan", () => {
  test("what was not given is left out", async () => {
    const gateway = client(APIGatewayClient, root(owner));
    const throttle = { rateLimit: 5, burstLimit: 10 };
    const { id } = await gateway.send(new CreateUsagePlanCommand({ name: "no-quota", throttle }));
    const plan = await gateway.send(new GetUsagePlanCommand({ usagePlanId: id }));
    expect(plan.throttle).toEqual(throttle);
    expect(plan).not.toHaveProperty("quota");
    const quota = { limit: 5, period: "DAY" } as const;
    const other = await gateway.send(new CreateUsagePlanCommand({ name: "quota", quota }));
    expect(other).toMatchObject({ quota });
    expect(other).not.toHaveProperty("throttle");
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

describe("named_resource", () => {
  const own = "arn:aws:*:*:111111111111:";
  const rule = (Name: string) =>
    new PutRuleCommand({ Name, ScheduleExpression: "rate(1 day)", State: "DISABLED" });

  test("a permission on a name is a permission for requests of that name", async () => {
    await role(owner, "namer", {
      Effect: "Allow",
      Action: ["events:*", "kms:*"],
      Resource: ["rule/ours-*", "alias/ours-*", "key/*"].map((one) => own + one),
    });
    const namer = as(owner, "namer");
    const { KeyMetadata } = await client(KMSClient, root(owner)).send(new CreateKeyCommand({}));
    const alias = (name: string) =>
      new CreateKeyAliasCommand({ AliasName: `alias/${name}`, TargetKeyId: KeyMetadata?.KeyId });
    const events = client(EventBridgeClient, namer);
    const kms = client(KMSClient, namer);
    expect(await outcome(events.send(rule("ours-rule")))).toBe("ok");
    expect(await outcome(events.send(rule("theirs-rule")))).toBe("AccessDeniedException");
    const targets = (Rule: string) =>
      new PutTargetsCommand({
        Rule,
        Targets: [{ Id: "1", Arn: `arn:aws:lambda:${region}:${owner}:function:x` }],
      });
    expect(await outcome(events.send(targets("ours-rule")))).toBe("ok");
    expect(await outcome(events.send(targets("theirs-rule")))).toBe("AccessDeniedException");
    expect(await outcome(kms.send(alias("ours-key")))).toBe("ok");
    expect(await outcome(kms.send(alias("theirs-key")))).toBe("AccessDeniedException");
  });

  test("a dashboard is put and deleted by its name, in the protocol that the provider speaks", async () => {
    await role(owner, "drawer", {
      ...{ Effect: "Allow", Action: "cloudwatch:*Dashboard*" },
      Resource: `arn:aws:cloudwatch::${owner}:dashboard/ours-*`,
    });
    const drawer = as(owner, "drawer").credentials as Signer | (() => Promise<Signer>);
    const signer = typeof drawer === "function" ? await drawer() : drawer;
    const ask = (parameters: string) => query(signer, `${parameters}&Version=2010-08-01`);
    const body = encodeURIComponent('{"widgets":[]}');
    for (const [name, denied] of [
      ["ours-trust", false],
      ["theirs-trust", true],
    ] as const) {
      const put = await ask(`Action=PutDashboard&DashboardName=${name}&DashboardBody=${body}`);
      const deleted = await ask(`Action=DeleteDashboards&DashboardNames.member.1=${name}`);
      expect([put, deleted].map((answer) => answer.includes("AccessDenied"))).toEqual([denied, denied]);
    }
  });

  test.each([
    ["ours-function", "anything else"],
    ["theirs-function", "AccessDeniedException"],
  ])("a function called %s is made, or not, by its name", async (FunctionName, expected) => {
    await role(owner, "maker", {
      Effect: "Allow",
      Action: "lambda:*",
      Resource: `arn:aws:lambda:*:${owner}:function:ours-*`,
    });
    const made = await outcome(
      client(LambdaClient, as(owner, "maker")).send(
        new CreateFunctionCommand({
          FunctionName,
          Role: arnOf(owner, "no-such-role"),
          Runtime: "nodejs22.x",
          Handler: "index.handler",
          Code: { ZipFile: zipSync({ "index.js": Buffer.from("") }) },
        }),
      ),
    );
    if (expected === "AccessDeniedException") expect(made).toBe(expected);
    else expect(made).not.toBe("AccessDeniedException");
  });
});

describe("patch_operations", () => {
  const gateway = () => client(APIGatewayClient, root(owner));

  test("a changed integration keeps its types", async () => {
    const { id: restApiId } = await gateway().send(new CreateRestApiCommand({ name: "patched" }));
    const { items } = await gateway().send(new GetResourcesCommand({ restApiId }));
    const place = { restApiId, resourceId: items?.[0]?.id, httpMethod: "POST" };
    await gateway().send(new PutMethodCommand({ ...place, authorizationType: "NONE" }));
    await gateway().send(
      new PutIntegrationCommand({
        ...place,
        type: "HTTP",
        integrationHttpMethod: "POST",
        uri: "https://x.test/",
      }),
    );
    const patch = [{ op: "replace" as const, path: "/timeoutInMillis", value: "5000" }];
    await gateway().send(new UpdateIntegrationCommand({ ...place, patchOperations: patch }));
    const { timeoutInMillis, uri } = await gateway().send(new GetIntegrationCommand(place));
    expect([timeoutInMillis, uri]).toEqual([5000, "https://x.test/"]);
  });

  test("switches stay booleans, and members of a list are named by an escaped pointer", async () => {
    const { id: restApiId } = await gateway().send(
      new CreateRestApiCommand({
        name: "patched",
        binaryMediaTypes: ["image/png"],
        disableExecuteApiEndpoint: false,
      }),
    );
    const patchOperations = [
      { op: "replace" as const, path: "/disableExecuteApiEndpoint", value: "true" },
      { op: "add" as const, path: "/binaryMediaTypes/application~1pdf" },
      { op: "remove" as const, path: "/binaryMediaTypes/image~1png" },
    ];
    await gateway().send(new UpdateRestApiCommand({ restApiId, patchOperations }));
    const api = await gateway().send(new GetRestApiCommand({ restApiId }));
    expect([api.disableExecuteApiEndpoint, api.binaryMediaTypes]).toEqual([true, ["application/pdf"]]);
  });
});

describe("domain_name", () => {
  const [rootCa, issuingCa] = makeChain();
  const domain = (connection: Connection, name: string, version?: string, key = "truststore.pem") =>
    client(APIGatewayClient, connection).send(
      new CreateDomainNameCommand({
        domainName: name,
        endpointConfiguration: { types: ["REGIONAL"] },
        mutualTlsAuthentication: { truststoreUri: `s3://${bucket}/${key}`, truststoreVersion: version },
      }),
    );

  test("the truststore's version changes in place", async () => {
    const [first, second] = [
      await put("truststore.pem", rootCa),
      await put("truststore.pem", rootCa + issuingCa),
    ];
    const made = await domain(root(owner), "version.test", first);
    expect(made.domainNameStatus).toBe("AVAILABLE");
    const patchOperations = [
      { op: "replace" as const, path: "/mutualTlsAuthentication/truststoreVersion", value: second },
    ];
    const gateway = client(APIGatewayClient, root(owner));
    await gateway.send(new UpdateDomainNameCommand({ domainName: "version.test", patchOperations }));
    const { mutualTlsAuthentication } = await gateway.send(
      new GetDomainNameCommand({ domainName: "version.test" }),
    );
    expect(mutualTlsAuthentication).toMatchObject({ truststoreVersion: second, truststoreWarnings: [] });
    const missing = [{ ...patchOperations[0], op: "replace" as const, value: "no-such-version" }];
    const update = new UpdateDomainNameCommand({ domainName: "version.test", patchOperations: missing });
    expect(await outcome(gateway.send(update))).toBe("BadRequestException");
    const after = await gateway.send(new GetDomainNameCommand({ domainName: "version.test" }));
    expect(after.mutualTlsAuthentication?.truststoreVersion).toBe(second);
  });

  test("the caller's own right to read the truststore decides, of object and version", async () => {
    const version = await put("truststore.pem", rootCa);
    const everything = { Effect: "Allow", Action: ["apigateway:*", "s3:*"], Resource: "*" };
    await role(other, "deployer", everything);
    await role(other, "gateway-only", allow("apigateway:*"));
    const admitted = (...Action: string[]) => ({
      Effect: "Allow",
      Principal: { AWS: `arn:aws:iam::${other}:root` },
      Action,
      Resource: `arn:aws:s3:::${bucket}/truststore.pem`,
    });
    await withPolicy(bucket, admitted("s3:GetObject", "s3:GetObjectVersion"), async () => {
      expect(await outcome(domain(as(other, "gateway-only"), "a.test", version))).toBe("BadRequestException");
      expect(await outcome(domain(as(other, "deployer"), "a.test", version))).toBe("ok");
    });
    await withPolicy(bucket, admitted("s3:GetObjectVersion"), async () => {
      expect(await outcome(domain(as(other, "deployer"), "b.test", version))).toBe("BadRequestException");
    });
    expect(await outcome(domain(as(other, "deployer"), "c.test", version))).toBe("BadRequestException");
  });

  test.each([
    ["what is no list of certificates", "not a certificate"],
    ["two certificates with one subject", rootCa + rootCa],
    ["more than 1 MB", rootCa + " ".repeat(1024 * 1024)],
  ])("%s is refused", async (what, content) => {
    const version = await put("wrong.pem", content);
    const name = `${what.replaceAll(" ", "-")}.test`;
    expect(await outcome(domain(root(owner), name, version, "wrong.pem"))).toBe("BadRequestException");
  });

  test("a certificate without its issuer is a warning", async () => {
    const version = await put("incomplete.pem", issuingCa);
    const made = await domain(root(owner), "incomplete.test", version, "incomplete.pem");
    expect(made.mutualTlsAuthentication?.truststoreWarnings).toEqual([
      "The issuer of CN=issuing is not in the truststore",
    ]);
  });
});

describe("base_path_mapping", () => {
  test("an empty base path is called (none)", async () => {
    const gateway = client(APIGatewayClient, root(owner));
    const { id: restApiId } = await gateway.send(new CreateRestApiCommand({ name: "mapped" }));
    await gateway.send(new CreateDomainNameCommand({ domainName: "mapped.test" }));
    await gateway.send(
      new CreateBasePathMappingCommand({ domainName: "mapped.test", restApiId, basePath: "" }),
    );
    const asked = new GetBasePathMappingCommand({ domainName: "mapped.test", basePath: "(none)" });
    expect(await gateway.send(asked)).toMatchObject({ basePath: "(none)", restApiId });
  });
});

// Accounts, roles, policies

const root = (account: string): Connection => accountRoot(aws, account, region);
const arnOf = (account: string, name: string) => `arn:aws:iam::${account}:role/${name}`;

function as(account: string, name: string): Connection {
  return asRole(root(account), arnOf(account, name));
}

function client<C>(make: new (configuration: never) => C, connection: Connection): C {
  return new make({ ...clientConfiguration(connection), forcePathStyle: true } as never);
}
const s3 = (account: string) => client(S3Client, root(account));

const allow = (...Action: string[]) => ({ Effect: "Allow", Action, Resource: "*" });
const deny = (Action: string, Condition: object) => ({
  Effect: "Deny",
  Principal: "*",
  Action,
  Resource: `arn:aws:s3:::${bucket}/*`,
  Condition,
});

async function role(account: string, name: string, permission: object, principal?: object): Promise<void> {
  const trust = {
    Effect: "Allow",
    Action: "sts:AssumeRole",
    Principal: principal ?? { AWS: `arn:aws:iam::${account}:root` },
  };
  const document = (statement: object) => ({ Version: "2012-10-17" as const, Statement: [statement] });
  await new AccountSeed(root(account)).role({
    ...{ name, description: "of a test" },
    ...{ trust: document(trust), permissions: document(permission) },
  });
}

async function withPolicy(name: string, statement: object, work: () => Promise<void>): Promise<void> {
  const Policy = JSON.stringify({ Version: "2012-10-17", Statement: [statement] });
  await s3(owner).send(new PutBucketPolicyCommand({ Bucket: name, Policy }));
  try {
    await work();
  } finally {
    await s3(owner).send(new DeleteBucketPolicyCommand({ Bucket: name }));
  }
}

// Objects and keys

async function makeBucket(Bucket: string): Promise<void> {
  const here = { LocationConstraint: region } as const;
  await s3(owner).send(new CreateBucketCommand({ Bucket, CreateBucketConfiguration: here }));
  const versioning = { Status: "Enabled" } as const;
  await s3(owner).send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: versioning }));
  const OwnershipControls = { Rules: [{ ObjectOwnership: "BucketOwnerEnforced" as const }] };
  await s3(owner).send(new PutBucketOwnershipControlsCommand({ Bucket, OwnershipControls }));
  await put("file", "content");
}

interface Signer {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/** CloudWatch by its Query protocol, which the SDK for JavaScript no longer speaks. */
function query(signer: Signer, body: string): Promise<string> {
  const { hostname, port } = new URL(aws.endpoint);
  const signed = aws4.sign(
    {
      ...{ hostname, port, path: "/", method: "POST", service: "monitoring", region, body },
      headers: { "Content-Type": "application/x-www-form-urlencoded" },
    },
    signer,
  );
  return new Promise((resolve, reject) => {
    const outgoing = request(
      {
        ...{ hostname, port, path: "/", method: "POST", ca: readFileSync(aws.ca) },
        headers: signed.headers as Record<string, string>,
      },
      (incoming) => {
        let text = "";
        incoming.on("data", (chunk) => {
          text += chunk;
        });
        incoming.on("end", () => resolve(text));
      },
    );
    outgoing.on("error", reject);
    outgoing.end(body);
  });
}

async function put(Key: string, Body: string): Promise<string> {
  const { VersionId } = await s3(owner).send(new PutObjectCommand({ Bucket: bucket, Key, Body }));
  return VersionId as string;
}

/** The object's content, or the error's name. */
async function read(connection: Connection, Bucket: string, Key: string): Promise<string> {
  try {
    const { Body } = await client(S3Client, connection).send(new GetObjectCommand({ Bucket, Key }));
    return (await Body?.transformToString()) ?? "";
  } catch (error) {
    return (error as Error).name;
  }
}

async function makeKey(...statements: object[]): Promise<string> {
  const common = { Effect: "Allow", Principal: { AWS: `arn:aws:iam::${owner}:root` }, Resource: "*" };
  const Policy = JSON.stringify({
    Version: "2012-10-17",
    Statement: statements.map((one) => ({ ...common, ...one })),
  });
  const { KeyMetadata } = await client(KMSClient, root(owner)).send(
    new CreateKeyCommand({ KeySpec: "ECC_NIST_P256", KeyUsage: "SIGN_VERIFY", Policy }),
  );
  return KeyMetadata?.Arn as string;
}

function sign(connection: Connection, KeyId: string, MessageType: "RAW" | "DIGEST"): Promise<string> {
  const Message = Buffer.alloc(32, 7);
  const command = new SignCommand({ KeyId, Message, MessageType, SigningAlgorithm: "ECDSA_SHA_256" });
  return outcome(client(KMSClient, connection).send(command));
}

async function outcome(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return "ok";
  } catch (error) {
    return (error as Error).name;
  }
}

/** A root and an issuing certificate, PEM; keys are not kept. */
function makeChain(): [string, string] {
  const at = mkdtempSync(join(tmpdir(), "chain-"));
  const openssl = (...args: string[]) => execFileSync("openssl", args, { cwd: at, stdio: "pipe" });
  const make = (name: string, ...more: string[]) =>
    openssl(
      ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30"],
      ...["-subj", `/CN=${name}`, "-keyout", `${name}.key`, "-out", `${name}.pem`, ...more],
    );
  try {
    make("root");
    make("issuing", "-CA", "root.pem", "-CAkey", "root.key");
    return [readFileSync(join(at, "root.pem"), "utf8"), readFileSync(join(at, "issuing.pem"), "utf8")];
  } finally {
    rmSync(at, { recursive: true, force: true });
  }
}
