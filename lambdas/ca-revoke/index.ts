/** ca-revoke: generation, serial and reason → ledger → published CRL. */
import { DynamoLedger } from "#aws/dynamo-ledger.ts";
import { notifyThrough } from "#aws/event-bus.ts";
import { publishThrough } from "#aws/publish-function.ts";
import { parseRevokeRequest } from "#ca/parse-requests.ts";
import { revokeCertificate } from "#ca/revoke-certificate.ts";
import { readEnvironment } from "#contract/function-environment.ts";
import { caFunction, callerOf, clock, ownConnection } from "#lambdas/shared/ca-function.ts";

const environment = readEnvironment("ca-revoke", process.env);
const connection = ownConnection(process.env);
const outside = {
  authority: environment.EVENT_BUS,
  notify: notifyThrough(connection, environment.EVENT_BUS),
};
const dependencies = {
  ledger: new DynamoLedger(connection, environment.LEDGER_TABLE),
  publish: publishThrough(connection, environment.PUBLISH_FUNCTION),
  clock,
};

export const handler = caFunction(
  "ca-revoke",
  parseRevokeRequest,
  (request, run) => revokeCertificate({ ...dependencies, log: run.log }, request, callerOf(run)),
  outside,
);
