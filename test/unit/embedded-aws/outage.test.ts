/** An outage is of one bucket, for as long as it was ordered, and of the kind that was ordered. */
import {
  CreateBucketCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { clientConfiguration } from "#aws/connection.ts";
import { accountRoot } from "#local/aws/seed.ts";
import { embeddedAws, region } from "../../support/embedded-aws.ts";

const [ill, well] = ["outage-111111111111", "outage-besides-111111111111"] as const;
let s3: S3Client;

const embedded = embeddedAws(async () => {
  const configuration = clientConfiguration(accountRoot(embedded.aws, "111111111111", region));
  s3 = new S3Client({ ...configuration, forcePathStyle: true, maxAttempts: 1 });
  for (const Bucket of [ill, well]) {
    await s3.send(
      new CreateBucketCommand({ Bucket, CreateBucketConfiguration: { LocationConstraint: region } }),
    );
    await s3.send(new PutObjectCommand({ Bucket, Key: "crl/a", Body: "content" }));
  }
});

const status = (command: GetObjectCommand | HeadObjectCommand | PutObjectCommand): Promise<number> =>
  s3.send(command as GetObjectCommand).then(
    ({ $metadata }) => $metadata.httpStatusCode ?? 0,
    (error: { $metadata?: { httpStatusCode?: number } }) => error.$metadata?.httpStatusCode ?? 0,
  );
const read = (Bucket: string) => status(new GetObjectCommand({ Bucket, Key: "crl/a" }));

test("busy: whatever is asked of the bucket is answered 503, of another one as ever, and all is well after", async () => {
  expect(await read(ill)).toBe(200);
  await embedded.aws.withoutBucket(ill, "busy", async () => {
    expect(await read(ill)).toBe(503);
    expect(await status(new HeadObjectCommand({ Bucket: ill, Key: "crl/a" }))).toBe(503);
    expect(await status(new PutObjectCommand({ Bucket: ill, Key: "crl/a", Body: "x" }))).toBe(503);
    expect(await read(well)).toBe(200);
  });
  expect(await read(ill)).toBe(200);
});

test("silent: the bucket does not answer while it lasts, another one does", async () => {
  let answered = false;
  let asked: Promise<number> = Promise.resolve(0);
  await embedded.aws.withoutBucket(ill, "silent", async () => {
    asked = read(ill).finally(() => {
      answered = true;
    });
    for (let n = 0; n < 5; n++) expect(await read(well)).toBe(200);
    expect(answered).toBe(false);
  });
  expect(await asked).toBe(200);
});

test("an outage ends with its work, however that ends", async () => {
  await expect(
    embedded.aws.withoutBucket(ill, "busy", () => Promise.reject(new Error("broken"))),
  ).rejects.toThrow("broken");
  expect(await read(ill)).toBe(200);
});
