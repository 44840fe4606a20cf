/**
 * An instance on this machine (local/instance/) against the embedded AWS with permissions enforced: what it is told comes
 * from a launch template, who it is from instance metadata, what it may do from its role.
 */
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  CreateLaunchTemplateCommand,
  CreateLaunchTemplateVersionCommand,
  EC2Client,
} from "@aws-sdk/client-ec2";
import {
  AddRoleToInstanceProfileCommand,
  CreateInstanceProfileCommand,
  IAMClient,
} from "@aws-sdk/client-iam";
import {
  CreateBucketCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { CreateSecretCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { AccountSeed } from "#aws/account-seed.ts";
import { clientConfiguration } from "#aws/connection.ts";
import { readLaunchTemplate } from "#aws/launch-template.ts";
import type { EdgeSettings } from "#contract/private-edge.ts";
import { cloudConfig, type PinnedProgram, userDataHead } from "#edge/instance/user-data.ts";
import { accountRoot } from "#local/aws/seed.ts";
import { freePorts } from "#local/free-ports.ts";
import { type EdgeInstance, startEdgeInstance } from "#local/instance/edge-instance.ts";
import { embeddedAws, region } from "../support/embedded-aws.ts";
import { builtProgram } from "./support/built-program.ts";
import { plainCall } from "./support/calls.ts";
import { edgeSecret, RunningEdge } from "./support/running-edge.ts";
import { withNginx } from "./support/with-nginx.ts";

jest.setTimeout(120_000);

const account = "222222222222";
const role = "test-api-edge";

withNginx("an instance of the edge on this machine", () => {
  const folder = mkdtempSync(join(tmpdir(), "mtls-edge-instance-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  /** For its hierarchy, CRLs and settings alone; it is not started. */
  const edge = new RunningEdge();
  const bucket = edge.settings.truststore.bucket;
  let settings: EdgeSettings;
  let program: PinnedProgram;
  let names = 0;

  const embedded = embeddedAws(async () => {
    const made = readFileSync(builtProgram());
    await s3().send(
      new CreateBucketCommand({ Bucket: bucket, CreateBucketConfiguration: { LocationConstraint: region } }),
    );
    await s3().send(
      new PutBucketVersioningCommand({ Bucket: bucket, VersioningConfiguration: { Status: "Enabled" } }),
    );
    const { objects } = edge.world.buckets;
    const truststore = edge.settings.truststore;
    const version = await put(truststore.key, objects.get(truststore.key) ?? "");
    for (const key of [edge.world.issuingKey, edge.world.rootKey]) await put(key, objects.get(key) ?? "");
    const sha256 = createHash("sha256").update(made).digest("hex");
    program = { bucket, key: "refresh.cjs", version: await put("refresh.cjs", made), sha256, region };
    // A newer one is not the pinned one.
    await put("refresh.cjs", "process.exit(0)");
    const [own] = edge.server.identities;
    settings = {
      ...edge.settings,
      truststore: { ...truststore, region, version },
      serverCertificateSecretArn: await secret(
        "server",
        JSON.stringify({ certificate: own?.certificate, privateKey: own?.key }),
      ),
      edgeSecretArn: await secret("edge", edgeSecret),
    };
    await secret("another", edgeSecret);
    await makeRole();
  });

  const connection = () => accountRoot(embedded.aws, account, region);
  const client = <C>(make: new (configuration: never) => C): C =>
    new make({ ...clientConfiguration(connection()), forcePathStyle: true } as never);
  const s3 = () => client(S3Client);
  const put = async (key: string, Body: Buffer | string): Promise<string> =>
    (await s3().send(new PutObjectCommand({ Bucket: bucket, Key: key, Body }))).VersionId ?? "";
  const secret = async (Name: string, SecretString: string): Promise<string> =>
    (await client(SecretsManagerClient).send(new CreateSecretCommand({ Name, SecretString }))).ARN ?? "";

  async function makeRole(): Promise<void> {
    const document = (...Statement: object[]) => ({ Version: "2012-10-17" as const, Statement });
    const secrets = [settings.serverCertificateSecretArn, settings.edgeSecretArn];
    await new AccountSeed(connection()).role({
      ...{ name: role, description: "of a test" },
      trust: document({
        ...{ Effect: "Allow", Action: "sts:AssumeRole", Principal: { Service: "ec2.amazonaws.com" } },
      }),
      permissions: document(
        {
          Effect: "Allow",
          Action: ["s3:GetObject", "s3:GetObjectVersion"],
          Resource: `arn:aws:s3:::${bucket}/*`,
        },
        { Effect: "Allow", Action: "secretsmanager:GetSecretValue", Resource: secrets },
      ),
    });
    const profile = { InstanceProfileName: role };
    await client(IAMClient).send(new CreateInstanceProfileCommand(profile));
    await client(IAMClient).send(new AddRoleToInstanceProfileCommand({ ...profile, RoleName: role }));
  }

  const userData = (changes: Partial<EdgeSettings>, pinned: Partial<PinnedProgram>): string =>
    `${userDataHead}${JSON.stringify(
      cloudConfig({
        ...{ environment: "test", api: "api", refreshSeconds: 60, ownImage: false },
        settingsBase64: Buffer.from(JSON.stringify({ ...settings, ...changes })).toString("base64"),
        program: { ...program, ...pinned },
      }),
    )}`;

  async function template(text: string): Promise<string> {
    const LaunchTemplateName = `edge-${++names}`;
    await client(EC2Client).send(
      new CreateLaunchTemplateCommand({
        LaunchTemplateName,
        LaunchTemplateData: {
          UserData: Buffer.from(text).toString("base64"),
          IamInstanceProfile: { Arn: `arn:aws:iam::${account}:instance-profile/${role}` },
        },
      }),
    );
    return LaunchTemplateName;
  }

  async function start(
    changes: Partial<EdgeSettings> = {},
    pinned: Partial<PinnedProgram> = {},
  ): Promise<EdgeInstance> {
    const name = await template(userData(changes, pinned));
    const [https = 0, health = 0] = await freePorts(2);
    return await startEdgeInstance({
      template: await readLaunchTemplate(connection(), name),
      ...{ aws: embedded.aws, ports: { https, health, upstream: 1, tokens: 1, tokenUpstream: 1 } },
      ...{ folder: join(folder, name), logs: join(folder, `${name}-logs`) },
      authorities: edge.server.authority,
    });
  }

  test("it begins with what the template tells, and goes away with its key and secret", async () => {
    const instance = await start();
    const conf = join(instance.material, "secret.conf");
    try {
      expect(instance.told).toEqual(settings);
      expect((await plainCall(instance.settings.healthPort, "/health")).status).toBe(200);
      expect(readFileSync(conf, "utf8")).toContain(edgeSecret);
      expect(await instance.refresh()).toMatchObject({ event: "refreshed", installed: "unchanged" });
    } finally {
      await instance.close();
    }
    expect(() => readFileSync(conf)).toThrow("ENOENT");
    await expect(plainCall(instance.settings.healthPort, "/health")).rejects.toThrow("ECONNREFUSED");
  });

  test.each<[string, () => Promise<EdgeInstance>, RegExp]>([
    [
      "another hash",
      () => start({}, { sha256: "0".repeat(64) }),
      /program's SHA-256 is [0-9a-f]{64}, pinned/,
    ],
    [
      "a version that is not there",
      () => start({}, { version: "unknown" }),
      /refresh\.cjs, version unknown: Access Denied/,
    ],
    [
      "an object that is not there",
      () => start({}, { key: "other.cjs" }),
      /other\.cjs, version .*: Access Denied/,
    ],
    [
      "a secret that its role may not read",
      () => start({ edgeSecretArn: settings.edgeSecretArn.replace(/:secret:.*/, ":secret:another") }),
      /first refresh failed: secret .*another: status 40/,
    ],
    [
      "another truststore",
      () => start({ truststore: { ...settings.truststore, sha256: "0".repeat(64) } }),
      /first refresh failed: truststore: SHA-256/,
    ],
  ])("%s: it does not start, and nothing is left running", async (_what, begin, problem) => {
    await expect(begin()).rejects.toThrow(problem);
  });

  test("the template's default version counts, not a later one; without user data there is none", async () => {
    const name = await template(userData({}, {}));
    await client(EC2Client).send(
      new CreateLaunchTemplateVersionCommand({
        ...{ LaunchTemplateName: name, SourceVersion: "1" },
        LaunchTemplateData: { UserData: Buffer.from("later").toString("base64") },
      }),
    );
    expect(await readLaunchTemplate(connection(), name)).toMatchObject({
      version: 1,
      userData: userData({}, {}),
    });
    await expect(readLaunchTemplate(connection(), "no-such-template")).rejects.toThrow("does not exist");
    const empty = await template("");
    await expect(readLaunchTemplate(connection(), empty)).rejects.toThrow(
      "no default version with user data",
    );
  });
});
