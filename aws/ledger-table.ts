/**
 * One DynamoDB table, as the ledger needs it: every read consistent, every query complete, every condition an
 * answer instead of an exception.
 */
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import {
  DeleteCommand,
  DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  QueryCommand,
  ScanCommand,
  UpdateCommand,
  type UpdateCommandInput,
} from "@aws-sdk/lib-dynamodb";
import { type Connection, clientConfiguration } from "./connection.ts";
import { denying } from "./denying.ts";
import type { Item } from "./ledger-items.ts";

export interface ItemKey {
  readonly pk: string;
  readonly sk: string;
}
export interface Condition {
  readonly expression: string;
  readonly names?: Record<string, string>;
  readonly values?: Record<string, unknown>;
}

const requestTimeout = 5_000;

export class LedgerTable {
  readonly #client: DynamoDBDocumentClient;
  readonly #table: { readonly TableName: string };

  constructor(connection: Connection, table: string) {
    this.#client = DynamoDBDocumentClient.from(
      new DynamoDBClient(clientConfiguration(connection, requestTimeout)),
    );
    this.#table = { TableName: table };
  }

  async get(key: ItemKey): Promise<Item | undefined> {
    const command = new GetCommand({ ...this.#table, Key: { ...key }, ConsistentRead: true });
    return (await denying(() => this.#client.send(command))).Item;
  }

  /** Every item of a partition whose sort key begins so, in order, page after page. */
  async *query(pk: string, prefix: string, condition?: Condition): AsyncGenerator<Item> {
    let start: Record<string, unknown> | undefined;
    do {
      const command = new QueryCommand({
        ...this.#table,
        ConsistentRead: true,
        KeyConditionExpression: prefix ? "pk = :pk AND begins_with(sk, :prefix)" : "pk = :pk",
        ExpressionAttributeValues: {
          ":pk": pk,
          ...(prefix ? { ":prefix": prefix } : {}),
          ...condition?.values,
        },
        ...(condition ? { FilterExpression: condition.expression } : {}),
        ...(condition?.names ? { ExpressionAttributeNames: condition.names } : {}),
        ...(start ? { ExclusiveStartKey: start } : {}),
      });
      const page = await denying(() => this.#client.send(command));
      yield* page.Items ?? [];
      start = page.LastEvaluatedKey;
    } while (start);
  }

  /** Every item there is, in no order. */
  async *scan(): AsyncGenerator<Item> {
    let start: Record<string, unknown> | undefined;
    do {
      const command = new ScanCommand({
        ...{ ...this.#table, ConsistentRead: true },
        ...(start ? { ExclusiveStartKey: start } : {}),
      });
      const page = await denying(() => this.#client.send(command));
      yield* page.Items ?? [];
      start = page.LastEvaluatedKey;
    } while (start);
  }

  /** False: the condition does not hold, nothing was written. */
  put(item: Item, condition?: Condition): Promise<boolean> {
    const command = new PutCommand({ ...this.#table, Item: { ...item }, ...toInput(condition) });
    return holds(() => denying(() => this.#client.send(command)));
  }

  /** As `put`; `update` is an UpdateExpression that shares the condition's names and values. */
  update(key: ItemKey, update: string, condition: Condition): Promise<boolean> {
    return holds(() => this.#update(key, { UpdateExpression: update, ...toInput(condition) }));
  }

  /** Adds one to a number and returns it. */
  async increment(key: ItemKey, name: string): Promise<number> {
    const { Attributes } = await this.#update(key, {
      UpdateExpression: "ADD #name :one",
      ExpressionAttributeNames: { "#name": name },
      ExpressionAttributeValues: { ":one": 1 },
      ReturnValues: "UPDATED_NEW",
    });
    const value = Attributes?.[name];
    if (typeof value !== "number" || !Number.isSafeInteger(value))
      throw new Error(`the ledger's item ${key.pk} / ${key.sk}: ${name} is no number`);
    return value;
  }

  /** Sets a number that is less, or is not there; never lowers one. */
  atLeast(key: ItemKey, name: string, value: number): Promise<boolean> {
    return this.update(key, "SET #name = :value", {
      expression: "attribute_not_exists(#name) OR #name < :value",
      names: { "#name": name },
      values: { ":value": value },
    });
  }

  delete(key: ItemKey, condition: Condition): Promise<boolean> {
    const command = new DeleteCommand({ ...this.#table, Key: { ...key }, ...toInput(condition) });
    return holds(() => denying(() => this.#client.send(command)));
  }

  #update(key: ItemKey, input: Omit<UpdateCommandInput, "TableName" | "Key">) {
    const command = new UpdateCommand({ ...this.#table, Key: { ...key }, ...input });
    return denying(() => this.#client.send(command));
  }
}

function toInput(condition: Condition | undefined) {
  if (!condition) return {};
  return {
    ...(condition.expression ? { ConditionExpression: condition.expression } : {}),
    ...(condition.names ? { ExpressionAttributeNames: condition.names } : {}),
    ...(condition.values ? { ExpressionAttributeValues: condition.values } : {}),
  };
}

async function holds(write: () => Promise<unknown>): Promise<boolean> {
  try {
    await write();
    return true;
  } catch (error) {
    if (error instanceof Error && error.name === "ConditionalCheckFailedException") return false;
    throw error;
  }
}
