/** Who may do what, as AWS decides it: principals, conditions, names of resources. */
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
import { CreateFunctionCommand, LambdaClient } from "@aws-sdk/client-lambda";
import {
  ChangeResourceRecordSetsCommand,
  CreateHostedZoneCommand,
  type ResourceRecordSet,
  Route53Client,
} from "@aws-sdk/client-route-53";
import { HeadObjectCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import {
  CreateSecretCommand,
  DeleteResourcePolicyCommand,
  GetSecretValueCommand,
  PutResourcePolicyCommand,
  SecretsManagerClient,
} from "@aws-sdk/client-secrets-manager";
import { zipSync } from "fflate";
import type { Connection } from "#aws/connection.ts";
import { recordStatements } from "#stacks/foundation/records.ts";
import {
  allow,
  arnOf,
  as,
  bucket,
  client,
  deny,
  other,
  outcome,
  owner,
  query,
  read,
  region,
  role,
  root,
  type Signer,
  s3,
  withPolicy,
} from "./support/accounts.ts";

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

describe("root_user, of a secret", () => {
  test("a secret's Deny holds for root, who may take it away", async () => {
    const secrets = client(SecretsManagerClient, root(owner));
    await secrets.send(new CreateSecretCommand({ Name: "closed", SecretString: "value" }));
    const read = () => outcome(secrets.send(new GetSecretValueCommand({ SecretId: "closed" })));
    expect(await read()).toBe("ok");
    const Statement = {
      Effect: "Deny",
      Principal: "*",
      Action: "secretsmanager:GetSecretValue",
      Resource: "*",
    };
    await secrets.send(
      new PutResourcePolicyCommand({
        SecretId: "closed",
        ResourcePolicy: JSON.stringify({ Version: "2012-10-17", Statement: [Statement] }),
      }),
    );
    expect(await read()).toBe("AccessDeniedException");
    await secrets.send(new DeleteResourcePolicyCommand({ SecretId: "closed" }));
    expect(await read()).toBe("ok");
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

  test.each([
    ["with a network of the region", { VPCId: "vpc-0123456789abcdef0", VPCRegion: "eu-west-2" }, "ok"],
    ["with one elsewhere", { VPCId: "vpc-0123456789abcdef0", VPCRegion: "us-east-1" }, "AccessDenied"],
    ["without one: a public one", undefined, "AccessDenied"],
  ] as const)("a zone by who makes private ones: %s", async (_what, VPC, expected) => {
    const Condition = { "ForAnyValue:StringLike": { "route53:VPCs": ["VPCId=vpc-*,VPCRegion=eu-west-2"] } };
    await role(owner, "private-zones", { ...allow("route53:CreateHostedZone"), Condition });
    const made = client(Route53Client, as(owner, "private-zones")).send(
      new CreateHostedZoneCommand({
        Name: "inside.example.com",
        CallerReference: String(VPC?.VPCRegion),
        VPC,
      }),
    );
    expect(await outcome(made)).toBe(expected);
  });
});

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

function cname(Name: string): ResourceRecordSet {
  return { Name, Type: "CNAME", TTL: 60, ResourceRecords: [{ Value: "target.example.org" }] };
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
