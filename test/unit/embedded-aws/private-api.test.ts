/** The gateway's private side over what the embedded AWS says of a private API and its endpoint. */
import { request } from "node:https";
import {
  APIGatewayClient,
  CreateDeploymentCommand,
  CreateRestApiCommand,
  CreateStageCommand,
} from "@aws-sdk/client-api-gateway";
import { CreateVpcCommand, CreateVpcEndpointCommand, EC2Client } from "@aws-sdk/client-ec2";
import { clientConfiguration } from "#aws/connection.ts";
import { accountRoot } from "#local/aws/seed.ts";
import { connectToPrivateApi, type PrivateGatewayAws } from "#local/gateway/aws-port.ts";
import type { GatewayRecord } from "#local/gateway/gateway-record.ts";
import { startPrivateGateway } from "#local/gateway/private-gateway.ts";
import { embeddedAws, region } from "../../support/embedded-aws.ts";

const account = "222222222222";
let port: PrivateGatewayAws;
let [apiId, endpointId, vpcId] = ["", "", ""];

const embedded = embeddedAws(async () => {
  const connection = accountRoot(embedded.aws, account, region);
  const ec2 = new EC2Client(clientConfiguration(connection));
  const { Vpc } = await ec2.send(new CreateVpcCommand({ CidrBlock: "10.64.0.0/24" }));
  vpcId = Vpc?.VpcId ?? "";
  const { VpcEndpoint } = await ec2.send(
    new CreateVpcEndpointCommand({
      ...{ VpcId: vpcId, VpcEndpointType: "Interface", PrivateDnsEnabled: false },
      ServiceName: `com.amazonaws.${region}.execute-api`,
    }),
  );
  endpointId = VpcEndpoint?.VpcEndpointId ?? "";
  const client = new APIGatewayClient(clientConfiguration(connection));
  const statement = {
    Effect: "Allow",
    Principal: "*",
    Action: "execute-api:Invoke",
    Resource: "execute-api:/*",
  };
  const { id } = await client.send(
    new CreateRestApiCommand({
      name: "private",
      endpointConfiguration: { types: ["PRIVATE"], vpcEndpointIds: [endpointId] },
      policy: JSON.stringify({ Version: "2012-10-17", Statement: [statement] }),
    }),
  );
  apiId = id ?? "";
  const { id: deploymentId } = await client.send(new CreateDeploymentCommand({ restApiId: apiId }));
  await client.send(new CreateStageCommand({ restApiId: apiId, stageName: "dev", deploymentId }));
  port = connectToPrivateApi(connection, { apiId, stage: "dev", endpointId });
});

test("a private API is read as one, with its endpoint, its policy and the stage; the endpoint with its network", async () => {
  const domain = await port.readDomain("");
  expect(domain).toMatchObject({ domainName: `${apiId}.execute-api.${region}.amazonaws.com`, account });
  expect(domain.apis[0]).toMatchObject({ id: apiId, privateTo: [endpointId], stages: [{ name: "dev" }] });
  expect(JSON.parse(domain.apis[0]?.resourcePolicy ?? "")).toMatchObject({ Version: "2012-10-17" });
  expect(await port.readEndpoint()).toMatchObject({ id: endpointId, vpcId });
});

test("it is served under its address to whoever comes by the endpoint, as far as it has routes", async () => {
  const records: GatewayRecord[] = [];
  const gateway = await startPrivateGateway({ aws: port, log: { record: (one) => records.push(one) } });
  try {
    const status = await new Promise<number>((resolve, reject) => {
      const headers = { host: gateway.host };
      const outgoing = request(
        {
          ...{ host: "127.0.0.1", port: gateway.port, path: "/dev/none", agent: false, headers },
          ...{ servername: gateway.host, ca: gateway.authority },
        },
        (incoming) => {
          incoming.resume();
          incoming.once("end", () => resolve(incoming.statusCode ?? 0));
        },
      );
      outgoing.once("error", reject);
      outgoing.end();
    });
    expect(status).toBe(403);
    expect(records).toMatchObject([{ event: "answered", reason: { code: "no-such-route" } }]);
  } finally {
    await gateway.close();
  }
});
