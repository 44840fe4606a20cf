/**
 * The CA's memory: every certificate recorded before it is signed, every revocation, CRL numbers, leases.
 * Point-in-time recovery always; deletion protection in production.
 */
import { DynamodbTable } from "@cdktf/provider-aws/lib/dynamodb-table/index.js";
import { Construct } from "constructs";
import type { Environment } from "#config/environment.ts";
import { ledgerName } from "#contract/names.ts";

export class Ledger extends Construct {
  readonly table: DynamodbTable;

  constructor(scope: Construct, id: string, props: { readonly environment: Environment }) {
    super(scope, id);
    const production = props.environment.tier === "production";
    this.table = new DynamodbTable(this, "table", {
      name: ledgerName(props.environment.name),
      billingMode: "PAY_PER_REQUEST",
      hashKey: "pk",
      rangeKey: "sk",
      attribute: [
        { name: "pk", type: "S" },
        { name: "sk", type: "S" },
      ],
      pointInTimeRecovery: { enabled: true },
      serverSideEncryption: { enabled: true },
      deletionProtectionEnabled: production,
      ...(production ? { lifecycle: { preventDestroy: true } } : {}),
    });
  }
}
