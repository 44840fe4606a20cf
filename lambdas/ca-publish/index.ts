/** ca-publish: the CRLs of the issuing CAs, on schedule and whenever something was revoked. */
import { DynamoLedger } from "#aws/dynamo-ledger.ts";
import { notifyThrough } from "#aws/event-bus.ts";
import { KmsSigner } from "#aws/kms-signer.ts";
import { S3ExternalBucket } from "#aws/s3-external-bucket.ts";
import { parsePublishRequest } from "#ca/parse-requests.ts";
import { publishCrls } from "#ca/publish-crls.ts";
import { readEnvironment } from "#contract/function-environment.ts";
import { caFunction, clock, ownConnection } from "#lambdas/shared/ca-function.ts";

const environment = readEnvironment("ca-publish", process.env);
const connection = ownConnection(process.env);
const outside = {
  authority: environment.EVENT_BUS,
  notify: notifyThrough(connection, environment.EVENT_BUS),
};
const dependencies = {
  ledger: new DynamoLedger(connection, environment.LEDGER_TABLE),
  bucket: new S3ExternalBucket(connection, environment.EXTERNAL_BUCKET),
  signer: new KmsSigner(connection),
  clock,
};

export const handler = caFunction(
  "ca-publish",
  parsePublishRequest,
  (request, { log }) => publishCrls({ ...dependencies, log }, request),
  outside,
);
