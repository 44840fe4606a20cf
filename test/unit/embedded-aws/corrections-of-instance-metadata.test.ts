/** Instance metadata, asked as an instance asks: who it is, what it may do, and who gets nothing. */
import { readFileSync } from "node:fs";
import {
  AddRoleToInstanceProfileCommand,
  CreateInstanceProfileCommand,
  IAMClient,
  UpdateAssumeRolePolicyCommand,
} from "@aws-sdk/client-iam";
import { GetObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import type { Connection } from "#aws/connection.ts";
import { instanceEnvironment } from "#aws/instance-credentials.ts";
import { type InstanceMetadata, startInstanceMetadata } from "#local/instance/instance-metadata.ts";
import { allow, bucket, client, embedded, outcome, owner, region, role, root } from "./support/accounts.ts";

const ec2 = { Service: "ec2.amazonaws.com" };
const profileArn = (name: string) => `arn:aws:iam::${owner}:instance-profile/${name}`;
let iam: IAMClient;
const open: InstanceMetadata[] = [];

beforeAll(async () => {
  iam = client(IAMClient, root(owner));
  await role(owner, "reader", allow("s3:GetObject"), ec2);
  await role(owner, "idle", allow("s3:ListAllMyBuckets"), ec2);
  await role(owner, "function", allow("s3:GetObject"), { Service: "lambda.amazonaws.com" });
  for (const name of ["reader", "idle", "function", "empty"]) {
    await iam.send(new CreateInstanceProfileCommand({ InstanceProfileName: name }));
    if (name !== "empty")
      await iam.send(new AddRoleToInstanceProfileCommand({ InstanceProfileName: name, RoleName: name }));
  }
  await role(owner, "without-profile", allow("s3:GetObject"), ec2);
});
afterAll(() => Promise.all(open.map((one) => one.close())));

async function instance(profile: string): Promise<InstanceMetadata> {
  const { port, ca } = embedded.aws;
  const started = await startInstanceMetadata({ port, authority: readFileSync(ca, "utf8") }, profile);
  open.push(started);
  return started;
}

async function connectionOf(profile: string): Promise<Connection> {
  const { url } = await instance(profile);
  const got = await instanceEnvironment({ AWS_EC2_METADATA_SERVICE_ENDPOINT: url }, region);
  const credentials = {
    accessKeyId: got.AWS_ACCESS_KEY_ID ?? "",
    secretAccessKey: got.AWS_SECRET_ACCESS_KEY ?? "",
    sessionToken: got.AWS_SESSION_TOKEN ?? "",
  };
  return { ...root(owner), credentials };
}

const read = (connection: Connection) =>
  client(S3Client, connection).send(new GetObjectCommand({ Bucket: bucket, Key: "file" }));

describe("instance_metadata", () => {
  test("an instance is a session of the role in its profile, and may do what that role may", async () => {
    const connection = await connectionOf(profileArn("reader"));
    const { Arn } = await client(STSClient, connection).send(new GetCallerIdentityCommand({}));
    expect(Arn).toMatch(new RegExp(`^arn:aws:sts::${owner}:assumed-role/reader/i-[0-9a-f]{17}$`));
    expect(await outcome(read(connection))).toBe("ok");
  });

  test("the same by a role that may not: denied; with another secret or token: refused", async () => {
    expect(await outcome(read(await connectionOf(profileArn("idle"))))).toBe("AccessDenied");
    const connection = await connectionOf(profileArn("reader"));
    const with_ = (change: object) => ({
      ...connection,
      credentials: { ...(connection.credentials as object), ...change } as never,
    });
    expect(await outcome(read(with_({ secretAccessKey: "other" })))).toBe("SignatureDoesNotMatch");
    expect(await outcome(read(with_({ sessionToken: "other" })))).toBe("InvalidToken");
  });

  test.each([
    ["a role in no profile", profileArn("without-profile")],
    ["a profile that does not exist", profileArn("nobody")],
    ["a profile without a role", profileArn("empty")],
    ["a role that does not trust EC2", profileArn("function")],
    ["a profile of another account", profileArn("reader").replace(owner, "222222222222")],
    ["a profile under another path", profileArn("other/reader")],
    ["a role's ARN", `arn:aws:iam::${owner}:role/reader`],
    ["no profile", ""],
  ])("%s gets no credentials", async (_what, profile) => {
    await expect(connectionOf(profile)).rejects.toThrow("security-credentials/: status 404");
  });

  test("a trust that denies EC2 beside allowing it gives none", async () => {
    const one = (Effect: string) => ({ Effect, Action: "sts:AssumeRole", Principal: ec2 });
    const trust = (...effects: string[]) =>
      iam.send(
        new UpdateAssumeRolePolicyCommand({
          RoleName: "idle",
          PolicyDocument: JSON.stringify({ Version: "2012-10-17", Statement: effects.map(one) }),
        }),
      );
    await trust("Allow", "Deny");
    await expect(connectionOf(profileArn("idle"))).rejects.toThrow("status 404");
    await trust("Allow");
    await connectionOf(profileArn("idle"));
  });

  test("without a token of its own nobody is answered, and another role's name is not known", async () => {
    const { url } = await instance(profileArn("reader"));
    const roles = `${url}/latest/meta-data/iam/security-credentials/`;
    const ask = async (address: string, headers: Record<string, string> = {}) =>
      (await fetch(address, { headers })).status;
    expect(await ask(roles)).toBe(401);
    expect(await ask(roles, { "X-aws-ec2-metadata-token": "guessed" })).toBe(401);
    const seconds = { "X-aws-ec2-metadata-token-ttl-seconds": "60" };
    const token = await (await fetch(`${url}/latest/api/token`, { method: "PUT", headers: seconds })).text();
    const mine = { "X-aws-ec2-metadata-token": token };
    expect(await ask(`${roles}reader`, mine)).toBe(200);
    expect(await ask(`${roles}idle`, mine)).toBe(404);
    expect(await ask(`${roles}reader`, { ...mine, "X-Instance-Profile": profileArn("idle") })).toBe(200);
    expect(await ask(`${url}/_ministack/health`, mine)).toBe(404);
  });
});
