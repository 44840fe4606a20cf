/** ca-issue and ca-revoke, as ca-reconcile invokes them: by the alias that is its own. A refusal is an answer. */
import type { Issue, Revoke } from "#ca/ports.ts";
import type { IssueResult, Refusal, RevokeResult } from "#contract/ca-requests.ts";
import { caAliases } from "#contract/names.ts";
import type { Connection } from "./connection.ts";
import { invokeFunction } from "./invoke-function.ts";

export const issueThrough =
  (connection: Connection, functionName: string): Issue =>
  async (request) =>
    (await invokeFunction(connection, functionName, request, caAliases.reconcile)) as IssueResult | Refusal;

export const revokeThrough =
  (connection: Connection, functionName: string): Revoke =>
  async (request) =>
    (await invokeFunction(connection, functionName, request, caAliases.reconcile)) as RevokeResult | Refusal;
