/**
 * The refresh program as instances run it (the build's file, in a process of its own) against the embedded AWS: S3 by
 * version, Secrets Manager by stage, NGINX started by what it wrote.
 */
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  CreateBucketCommand,
  DeleteObjectCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import {
  CreateSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
} from "@aws-sdk/client-secrets-manager";
import { type Connection, clientConfiguration } from "#aws/connection.ts";
import type { EdgeSettings } from "#contract/private-edge.ts";
import { installEmbeddedAws } from "#local/aws/install.ts";
import { accountRoot } from "#local/aws/seed.ts";
import { type EmbeddedAws, startEmbeddedAws } from "#local/aws/start.ts";
import { freePorts } from "#local/free-ports.ts";
import { nginxPath, RunningNginx } from "#local/instance/running-nginx.ts";
import { builtProgram } from "./support/built-program.ts";
import { plainCall } from "./support/calls.ts";
import { edgeSecret, RunningEdge } from "./support/running-edge.ts";
import { withNginx } from "./support/with-nginx.ts";

jest.setTimeout(300_000);

const account = "222222222222";
const region = "eu-west-2";

withNginx("the refresh program against the embedded AWS", () => {
  const folder = mkdtempSync(join(tmpdir(), "mtls-edge-program-"));
  /** For its hierarchy, CRLs and settings alone; it is not started. */
  const edge = new RunningEdge();
  const { objects } = edge.world.buckets;
  let aws: EmbeddedAws;
  let s3: S3Client;
  let secrets: SecretsManagerClient;
  let program = "";
  let settings: EdgeSettings;

  beforeAll(async () => {
    program = builtProgram();
    const { python } = await installEmbeddedAws();
    aws = await startEmbeddedAws({ python, folder: join(folder, "aws"), region });
    const connection: Connection = accountRoot(aws, account, region);
    s3 = new S3Client({ ...clientConfiguration(connection), forcePathStyle: true });
    secrets = new SecretsManagerClient(clientConfiguration(connection));
    const { bucket } = edge.settings.truststore;
    await s3.send(
      new CreateBucketCommand({ Bucket: bucket, CreateBucketConfiguration: { LocationConstraint: region } }),
    );
    await s3.send(
      new PutBucketVersioningCommand({ Bucket: bucket, VersioningConfiguration: { Status: "Enabled" } }),
    );
    const version = await put(edge.settings.truststore.key);
    await put(edge.world.issuingKey);
    await put(edge.world.rootKey);
    // A newer truststore is not the pinned one.
    await s3.send(
      new PutObjectCommand({ Bucket: bucket, Key: edge.settings.truststore.key, Body: "garbage" }),
    );
    const [own] = edge.server.identities;
    const server = JSON.stringify({ certificate: own?.certificate, privateKey: own?.key });
    const [serverArn, edgeArn] = [await secret("server", server), await secret("edge", edgeSecret)];
    const [port = 0, healthPort = 0] = await freePorts(2);
    settings = {
      ...{ ...edge.settings, port, healthPort },
      truststore: { ...edge.settings.truststore, region, version },
      ...{ serverCertificateSecretArn: serverArn, edgeSecretArn: edgeArn },
      upstream: { ...edge.settings.upstream, address: "localhost" },
    };
    writeFileSync(join(folder, "settings.json"), JSON.stringify(settings));
    writeFileSync(join(folder, "authorities.pem"), edge.server.authority);
  });
  afterAll(async () => {
    await aws?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const put = async (key: string): Promise<string> => {
    const { VersionId } = await s3.send(
      new PutObjectCommand({
        Bucket: edge.settings.truststore.bucket,
        Key: key,
        Body: objects.get(key) ?? "",
      }),
    );
    return VersionId ?? "";
  };
  const secret = async (name: string, value: string): Promise<string> =>
    (await secrets.send(new CreateSecretCommand({ Name: name, SecretString: value }))).ARN ?? "";
  const environment = () => ({
    PATH: process.env.PATH,
    AWS_ACCESS_KEY_ID: account,
    AWS_SECRET_ACCESS_KEY: "secret",
    AWS_ENDPOINT_URL: aws.endpoint,
    NODE_EXTRA_CA_CERTS: aws.ca,
  });
  const run = (): Promise<{ readonly code: number; readonly line: Record<string, unknown> }> =>
    new Promise((resolve, reject) => {
      const places = ["runtime", "state", "log"].flatMap((name) => [`--${name}`, join(folder, name)]);
      const files = [
        "--settings",
        join(folder, "settings.json"),
        "--authorities",
        join(folder, "authorities.pem"),
      ];
      const more = [
        "--nginx",
        nginxPath as string,
        "--listen",
        "127.0.0.1",
        ...(process.getuid?.() === 0 ? ["--user", "root"] : []),
      ];
      execFile(
        process.execPath,
        [program, ...files, ...places, ...more],
        { env: environment() },
        (error, stdout) => {
          const code = error === null ? 0 : Number(error.code);
          if (stdout === "") reject(error);
          else resolve({ code, line: JSON.parse(stdout) });
        },
      );
    });

  test("starts from nothing, follows a rotation, and keeps what it had when a CRL is gone", async () => {
    expect(await run()).toMatchObject({
      code: 0,
      line: { event: "refreshed", installed: "not-running", open: true },
    });
    const nginx = new RunningNginx(join(folder, "runtime/current/nginx.conf"));
    try {
      await nginx.ready(settings.healthPort);
      expect((await plainCall(settings.healthPort, "/health")).status).toBe(200);
      expect(await run()).toMatchObject({ code: 0, line: { installed: "unchanged" } });

      const next = "n".repeat(43);
      const rotated = new PutSecretValueCommand({ SecretId: settings.edgeSecretArn, SecretString: next });
      await secrets.send(rotated);
      expect(await run()).toMatchObject({ code: 0, line: { installed: "reloaded" } });
      const written = () => readFileSync(join(folder, "runtime/current/secret.conf"), "utf8");
      expect(written()).toBe(`proxy_set_header x-edge-secret "${next}";\n`);

      await s3.send(
        new DeleteObjectCommand({ Bucket: settings.truststore.bucket, Key: edge.world.issuingKey }),
      );
      expect(await run()).toMatchObject({
        code: 1,
        line: { event: "refresh-failed", problem: expect.stringMatching(/issuing.crl: status 40/) },
      });
      expect(written()).toContain(next);
      expect((await plainCall(settings.healthPort, "/health")).status).toBe(200);
    } finally {
      await nginx.stop();
    }
    const lines = readFileSync(join(folder, "log/refresh.log"), "utf8").trim().split("\n");
    expect(lines.map((line) => JSON.parse(line).event)).toEqual([
      "refreshed",
      "refreshed",
      "refreshed",
      "refresh-failed",
    ]);
    expect(lines.join("")).not.toMatch(/PRIVATE|BEGIN|nnnnn/);
  });

  test("Secrets Manager answers by stage: 400 before a rotation, the value that was after it", async () => {
    const id = await secret("rotated", "first");
    const by = (stage: string) =>
      secrets.send(new GetSecretValueCommand({ SecretId: id, VersionStage: stage })).then(
        ({ SecretString }) => SecretString,
        ({ $metadata }: { $metadata: { httpStatusCode?: number } }) => $metadata.httpStatusCode,
      );
    expect([await by("AWSCURRENT"), await by("AWSPREVIOUS")]).toEqual(["first", 400]);
    await secrets.send(new PutSecretValueCommand({ SecretId: id, SecretString: "second" }));
    expect([await by("AWSCURRENT"), await by("AWSPREVIOUS")]).toEqual(["second", "first"]);
  });
});
