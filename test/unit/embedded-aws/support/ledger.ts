/** The ledger's table of the embedded AWS, its copies, and its loss. */
import {
  CreateTableCommand,
  DeleteItemCommand,
  DynamoDBClient,
  RestoreTableToPointInTimeCommand,
  ScanCommand,
  UpdateContinuousBackupsCommand,
} from "@aws-sdk/client-dynamodb";
import { type Connection, clientConfiguration } from "#aws/connection.ts";

export class LedgerOfATest {
  readonly #client: DynamoDBClient;
  readonly #table: string;

  constructor(connection: Connection, table: string) {
    this.#client = new DynamoDBClient(clientConfiguration(connection));
    this.#table = table;
  }

  /** As the stack makes it, with point-in-time recovery. */
  async make(name = this.#table): Promise<void> {
    await this.#client.send(
      new CreateTableCommand({
        TableName: name,
        BillingMode: "PAY_PER_REQUEST",
        KeySchema: [
          { AttributeName: "pk", KeyType: "HASH" },
          { AttributeName: "sk", KeyType: "RANGE" },
        ],
        AttributeDefinitions: [
          { AttributeName: "pk", AttributeType: "S" },
          { AttributeName: "sk", AttributeType: "S" },
        ],
      }),
    );
    await this.#client.send(
      new UpdateContinuousBackupsCommand({
        TableName: name,
        PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
      }),
    );
  }

  /** `TABLE-COPY`, as it is now. */
  async restoreTo(copy: string): Promise<void> {
    await this.#client.send(
      new RestoreTableToPointInTimeCommand({
        ...{ SourceTableName: this.#table, TargetTableName: `${this.#table}-${copy}` },
        UseLatestRestorableTime: true,
      }),
    );
  }

  async items(): Promise<number | undefined> {
    return (await this.#client.send(new ScanCommand({ TableName: this.#table }))).Count;
  }

  async loseEverything(): Promise<void> {
    const TableName = this.#table;
    const { Items = [] } = await this.#client.send(new ScanCommand({ TableName }));
    for (const { pk, sk } of Items)
      if (pk && sk) await this.#client.send(new DeleteItemCommand({ TableName, Key: { pk, sk } }));
    expect(await this.items()).toBe(0);
  }

  close(): void {
    this.#client.destroy();
  }
}
