/** Another role's credentials, for an hour at a time. */
import { AssumeRoleCommand, STSClient } from "@aws-sdk/client-sts";
import { type Connection, type Credentials, clientConfiguration } from "./connection.ts";

/** Once; throws the SDK's error when the role does not trust the caller. */
export async function assumeRole(connection: Connection, roleArn: string): Promise<Credentials> {
  const sts = new STSClient(clientConfiguration(connection));
  try {
    const { Credentials: got } = await sts.send(
      new AssumeRoleCommand({ RoleArn: roleArn, RoleSessionName: "mtls-api" }),
    );
    if (!got?.AccessKeyId || !got.SecretAccessKey || !got.SessionToken)
      throw new Error(`AWS gave no credentials for ${roleArn}`);
    return {
      accessKeyId: got.AccessKeyId,
      secretAccessKey: got.SecretAccessKey,
      sessionToken: got.SessionToken,
      ...(got.Expiration ? { expiration: got.Expiration } : {}),
    };
  } finally {
    sts.destroy();
  }
}

/** As that role for as long as the program runs. */
export const asRole = (connection: Connection, roleArn: string): Connection => ({
  ...connection,
  credentials: () => assumeRole(connection, roleArn),
});
