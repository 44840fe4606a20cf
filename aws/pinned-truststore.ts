/** Which truststore a custom domain pins: the one thing that decides which clients get through its handshake. */
import { APIGatewayClient, GetDomainNameCommand } from "@aws-sdk/client-api-gateway";
import { type Connection, clientConfiguration } from "./connection.ts";

export interface PinnedTruststore {
  readonly uri: string;
  readonly version: string;
}

/** Undefined: the domain pins none. Throws the SDK's error when it cannot be read. */
export async function pinnedTruststore(
  connection: Connection,
  domainName: string,
): Promise<PinnedTruststore | undefined> {
  const client = new APIGatewayClient(clientConfiguration(connection));
  try {
    const { mutualTlsAuthentication } = await client.send(new GetDomainNameCommand({ domainName }));
    const { truststoreUri: uri, truststoreVersion: version } = mutualTlsAuthentication ?? {};
    return uri && version ? { uri, version } : undefined;
  } finally {
    client.destroy();
  }
}
