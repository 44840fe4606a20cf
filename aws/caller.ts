/** Whose credentials these are. */
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { type Connection, clientConfiguration } from "./connection.ts";

/** The 12 digits of the account; throws the SDK's error when there are no credentials. */
export async function callerAccount(connection: Connection): Promise<string> {
  const { Account } = await new STSClient(clientConfiguration(connection)).send(
    new GetCallerIdentityCommand({}),
  );
  if (!Account) throw new Error("AWS did not say whose credentials these are");
  return Account;
}
