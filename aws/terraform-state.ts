/** What Terraform keeps in its state bucket: a stack's outputs, and the lock of a run that is under way. */
import type { Connection } from "./connection.ts";
import { readObject } from "./read-object.ts";

export interface StateLock {
  readonly id: string;
  readonly operation: string;
  /** `user@machine`, as Terraform wrote it. */
  readonly who: string;
  readonly created: string;
}

/** The values of a stack's outputs; undefined when it was never deployed. */
export async function stateOutputs(
  connection: Connection,
  bucket: string,
  key: string,
): Promise<Readonly<Record<string, unknown>> | undefined> {
  const body = await readObject(connection, bucket, key);
  if (body === undefined) return undefined;
  const { outputs = {} } = JSON.parse(body.toString("utf8")) as {
    outputs?: Record<string, { value: unknown }>;
  };
  return Object.fromEntries(Object.entries(outputs).map(([name, { value }]) => [name, value]));
}

/** The lock of `use_lockfile`: an object beside the state, while somebody works on it. */
export async function stateLock(
  connection: Connection,
  bucket: string,
  key: string,
): Promise<StateLock | undefined> {
  const body = await readObject(connection, bucket, `${key}.tflock`);
  if (body === undefined) return undefined;
  const lock = JSON.parse(body.toString("utf8")) as Readonly<Record<string, unknown>>;
  const text = (field: string) => String(lock[field] ?? "unknown");
  return { id: text("ID"), operation: text("Operation"), who: text("Who"), created: text("Created") };
}
