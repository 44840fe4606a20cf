/** ca-issue: CSR and profile → certificate. */
import { DynamoLedger } from "#aws/dynamo-ledger.ts";
import { notifyThrough } from "#aws/event-bus.ts";
import { KmsSigner } from "#aws/kms-signer.ts";
import { S3ExternalBucket } from "#aws/s3-external-bucket.ts";
import { issueCertificate } from "#ca/issue-certificate.ts";
import { parseIssueRequest } from "#ca/parse-requests.ts";
import { readEnvironment } from "#contract/function-environment.ts";
import { caFunction, callerOf, clock, ownConnection } from "#lambdas/shared/ca-function.ts";
import { randomSerial } from "#pki/serial.ts";

const environment = readEnvironment("ca-issue", process.env);
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
  newSerial: randomSerial,
};

export const handler = caFunction(
  "ca-issue",
  parseIssueRequest,
  (request, run) => issueCertificate({ ...dependencies, log: run.log }, request, callerOf(run)),
  outside,
);
