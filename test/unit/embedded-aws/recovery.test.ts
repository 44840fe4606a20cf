/**
 * What brings things back on AWS itself, rehearsed on the embedded one (docs/disaster-recovery.md): an object behind its
 * delete marker, a version that is gone for good, a key on its way to be destroyed.
 */
import { createHash, createPublicKey, verify } from "node:crypto";
import {
  CancelKeyDeletionCommand,
  CreateKeyCommand,
  EnableKeyCommand,
  KMSClient,
  ScheduleKeyDeletionCommand,
} from "@aws-sdk/client-kms";
import { DeleteObjectCommand, ListObjectVersionsCommand } from "@aws-sdk/client-s3";
import { DeploymentReader } from "#aws/deployment-reader.ts";
import { KmsSigner } from "#aws/kms-signer.ts";
import { bucket, client, owner, put, root, s3 } from "./support/accounts.ts";

/** Truststore and policy of an authorizer: both are read by key and version. */
describe.each(["truststore.pem", "authorizer-policy.json"])("%s", (key) => {
  const reader = () => new DeploymentReader(root(owner));
  const content = async (version?: string) =>
    (await reader().object(bucket, key, version))?.body.toString("utf8");
  const remove = (VersionId?: string) =>
    s3(owner).send(new DeleteObjectCommand({ Bucket: bucket, Key: key, VersionId }));

  test("deleted: the pinned version is read on; without its marker it is the latest again, under the same id", async () => {
    const version = await put(key, "as published");
    await remove();
    expect([await content(), await content(version)]).toEqual([undefined, "as published"]);
    const { DeleteMarkers = [] } = await s3(owner).send(
      new ListObjectVersionsCommand({ Bucket: bucket, Prefix: key }),
    );
    expect(DeleteMarkers).toHaveLength(1);
    await remove(DeleteMarkers[0]?.VersionId);
    expect(await reader().object(bucket, key)).toEqual({ body: Buffer.from("as published"), version });
  });

  test("the pinned version is gone: nothing is read in its place, and the same bytes get another id", async () => {
    const version = await put(key, "as published");
    await remove(version);
    expect(await content(version)).toBeUndefined();
    expect(await put(key, "as published")).not.toBe(version);
    expect(await content(version)).toBeUndefined();
  });
});

test("a key that is scheduled for deletion signs nothing; cancelled and enabled it is the same key", async () => {
  const kms = client(KMSClient, root(owner));
  const { KeyMetadata } = await kms.send(
    new CreateKeyCommand({ KeySpec: "ECC_NIST_P256", KeyUsage: "SIGN_VERIFY" }),
  );
  const KeyId = KeyMetadata?.Arn as string;
  const signer = new KmsSigner(root(owner));
  const message = Buffer.from("a certificate");
  const sign = () => signer.sign(KeyId, "ecdsa-with-SHA256", createHash("sha256").update(message).digest());
  const before = await signer.publicKey(KeyId);
  await sign();

  await kms.send(new ScheduleKeyDeletionCommand({ KeyId, PendingWindowInDays: 7 }));
  await expect(sign()).rejects.toMatchObject({ name: "KMSInvalidStateException" });
  await kms.send(new CancelKeyDeletionCommand({ KeyId }));
  // It comes back disabled.
  await expect(sign()).rejects.toMatchObject({ name: "DisabledException" });
  await kms.send(new EnableKeyCommand({ KeyId }));

  expect(await signer.publicKey(KeyId)).toEqual(before);
  const key = createPublicKey({ key: before, format: "der", type: "spki" });
  expect(verify("sha256", message, key, await sign())).toBe(true);
});
