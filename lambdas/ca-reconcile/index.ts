/**
 * ca-reconcile: brings the CA to its configured state. Invoked by the deployment, for which every answer is a
 * success: a refusal fails the run here, with its code as the error's type.
 */
import { issueThrough, revokeThrough } from "#aws/authority-functions.ts";
import { DynamoLedger } from "#aws/dynamo-ledger.ts";
import { notifyThrough } from "#aws/event-bus.ts";
import { KmsSigner } from "#aws/kms-signer.ts";
import { publishThrough } from "#aws/publish-function.ts";
import { S3ExternalBucket } from "#aws/s3-external-bucket.ts";
import { parseReconcileRequest, type ReconcileOrder } from "#ca/parse-requests.ts";
import { reconcile } from "#ca/reconcile.ts";
import { isRefusal, Refused } from "#ca/refusal.ts";
import { readEnvironment } from "#contract/function-environment.ts";
import { caAliases } from "#contract/names.ts";
import { caFunction, clock, type Invocation, named, ownConnection } from "#lambdas/shared/ca-function.ts";
import { randomSerial } from "#pki/serial.ts";

const environment = readEnvironment("ca-reconcile", process.env);
const connection = ownConnection(process.env);
const outside = {
  authority: environment.EVENT_BUS,
  notify: notifyThrough(connection, environment.EVENT_BUS),
};
const dependencies = {
  ledger: new DynamoLedger(connection, environment.LEDGER_TABLE),
  bucket: new S3ExternalBucket(connection, environment.EXTERNAL_BUCKET),
  signer: new KmsSigner(connection),
  publish: publishThrough(connection, environment.PUBLISH_FUNCTION),
  issue: issueThrough(connection, environment.ISSUE_FUNCTION),
  revoke: revokeThrough(connection, environment.REVOKE_FUNCTION),
  clock,
  newSerial: randomSerial,
};

/** The deployment and the schedule invoke the function itself, operators their alias. */
const ordersOf: ReadonlyMap<string, readonly ReconcileOrder["action"][]> = new Map([
  ["itself", ["apply", "renew"]],
  [caAliases.operator, ["renew", "report", "revoke-issuing"]],
]);

const run = caFunction(
  "ca-reconcile",
  parseReconcileRequest,
  (order, { alias = "itself", ...own }) => {
    if (!ordersOf.get(alias)?.includes(order.action))
      throw new Refused("caller", `${alias}: may not order "${order.action}"`);
    const { log, requestId, remainingSeconds } = own;
    return reconcile({ ...dependencies, log, remainingSeconds, run: requestId }, order);
  },
  outside,
);

export async function handler(event: unknown, context: Invocation): Promise<unknown> {
  const outcome = await run(event, context);
  if (!isRefusal(outcome)) return outcome;
  throw named(new Refused(outcome.refused.code, outcome.refused.message));
}
