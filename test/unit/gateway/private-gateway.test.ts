/** The private side over a deployed API in memory, called by real TLS; NGINX in front of it is in test/edge/. */
import { request } from "node:https";
import type { GatewayRecord } from "#local/gateway/gateway-record.ts";
import { type PrivateGateway, startPrivateGateway } from "#local/gateway/private-gateway.ts";
import { api, apiId, domain, executeApi, FakeAws, region } from "./support/deployed.ts";
import { RunningGateway } from "./support/running-gateway.ts";

const open = JSON.stringify({
  Statement: { Effect: "Allow", Principal: "*", Action: "execute-api:Invoke", Resource: "execute-api:/*" },
});
const { mutualTls: _, ...rest } = domain;
const aws = new FakeAws();
const records: GatewayRecord[] = [];
let deployed = { ...api, privateTo: ["vpce-1"] as readonly string[] | undefined, resourcePolicy: open };
let endpointPolicy: string | undefined;
let gateway: PrivateGateway;

beforeAll(async () => {
  gateway = await startPrivateGateway({
    aws: Object.assign(aws, {
      readDomain: async () => {
        const { privateTo, ...one } = deployed;
        return { ...rest, domainName: executeApi, apis: [{ ...one, ...(privateTo ? { privateTo } : {}) }] };
      },
      readEndpoint: async () => ({ id: "vpce-1", vpcId: "vpc-1", policy: endpointPolicy }),
    }),
    reloadEverySeconds: 0,
    log: { record: (record) => records.push(record) },
  });
});
afterAll(() => gateway.close());
beforeEach(() => {
  records.length = 0;
  aws.events.authorizer.length = 0;
});
afterEach(async () => {
  deployed = { ...api, privateTo: ["vpce-1"], resourcePolicy: open };
  endpointPolicy = undefined;
  await gateway.reload();
});

const call = (headers: Record<string, string> = {}, path = "/test/api"): Promise<number> =>
  new Promise((resolve, reject) => {
    const outgoing = request(
      {
        ...{ host: "127.0.0.1", port: gateway.port, path, method: "POST", agent: false },
        ...{ servername: executeApi, ca: gateway.authority, headers: { host: executeApi, ...headers } },
      },
      (incoming) => {
        incoming.resume();
        incoming.once("end", () => resolve(incoming.statusCode ?? 0));
      },
    );
    outgoing.once("error", reject);
    outgoing.end();
  });
const reasonOf = () => {
  const [record] = records;
  return record?.event === "answered" ? record.reason?.code : undefined;
};

test("a call by the endpoint reaches the function, and the events say by which endpoint it came", async () => {
  expect(await call()).toBe(200);
  expect(aws.events.authorizer[0]).toMatchObject({
    requestContext: { identity: { vpceId: "vpce-1", vpcId: "vpc-1" }, domainName: executeApi, apiId },
  });
  expect(aws.events.backend.at(-1)).toMatchObject({ requestContext: { identity: { vpceId: "vpce-1" } } });
});

test("the API may be named by a header, as AWS lets callers do", async () => {
  const host = `vpce-1.execute-api.${region}.vpce.amazonaws.com`;
  expect(await call({ host, "x-apigw-api-id": apiId })).toBe(200);
  expect(await call({ "x-apigw-api-id": "another" })).toBe(403);
});

const deny = (more: object) =>
  JSON.stringify({
    Statement: [
      { Effect: "Allow", Principal: "*", Action: "execute-api:Invoke", Resource: "execute-api:/*" },
      { Effect: "Deny", Principal: "*", Action: "execute-api:Invoke", Resource: "execute-api:/*", ...more },
    ],
  });
const elsewhere = deny({ Condition: { StringNotEquals: { "aws:SourceVpce": "vpce-2" } } });

test.each<[string, () => void, string]>([
  [
    "a resource policy for another endpoint",
    () => void Object.assign(deployed, { resourcePolicy: elsewhere }),
    "network-policy",
  ],
  ["no resource policy", () => void Object.assign(deployed, { resourcePolicy: undefined }), "network-policy"],
  [
    "an endpoint policy that denies",
    () => {
      endpointPolicy = elsewhere;
    },
    "network-policy",
  ],
  [
    "an API that knows another endpoint",
    () => void Object.assign(deployed, { privateTo: ["vpce-2"] }),
    "private-api",
  ],
  ["an API that is not private", () => void Object.assign(deployed, { privateTo: undefined }), "private-api"],
])("%s: 403, and the authorizer is not asked", async (_name, change, why) => {
  change();
  await gateway.reload();
  expect(await call()).toBe(403);
  expect(reasonOf()).toBe(why);
  expect(aws.events.authorizer).toEqual([]);
});

test("another Host and another stage are nobody's", async () => {
  expect(await call({ host: "other.example.com" })).toBe(403);
  expect(await call({}, "/prod/api")).toBe(403);
  expect(aws.events.authorizer).toEqual([]);
});

test("a private API cannot be called the public way", async () => {
  const running = new RunningGateway("");
  running.aws.domain = { ...rest, apis: [{ ...api, disableExecuteApiEndpoint: false, privateTo: [] }] };
  await running.start();
  const answer = await running.call({ serverName: executeApi, host: executeApi, path: "/test/api" });
  expect(answer.status).toBe(403);
  expect(running.reasons()).toEqual(["private-api"]);
  await running.close();
});
