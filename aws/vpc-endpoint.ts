/** An interface endpoint as it is deployed: what network it belongs to, and what its policy says. */
import { DescribeVpcEndpointsCommand, EC2Client } from "@aws-sdk/client-ec2";
import { type Connection, clientConfiguration } from "./connection.ts";

export interface DeployedVpcEndpoint {
  readonly id: string;
  readonly vpcId: string;
  /** JSON. */
  readonly policy: string | undefined;
}

export async function readVpcEndpoint(connection: Connection, id: string): Promise<DeployedVpcEndpoint> {
  const client = new EC2Client(clientConfiguration(connection));
  const { VpcEndpoints } = await client.send(new DescribeVpcEndpointsCommand({ VpcEndpointIds: [id] }));
  const [found] = VpcEndpoints ?? [];
  if (!found?.VpcId) throw new Error(`no endpoint ${id}`);
  return { id, vpcId: found.VpcId, policy: found.PolicyDocument };
}
