/** Two domains on one port: the server name of the handshake alone decides which gateway serves a connection. */
import { request } from "node:https";
import { Entrance } from "#local/gateway/entrance.ts";
import type { GatewayRecord } from "#local/gateway/gateway-record.ts";
import { type Gateway, startGateway } from "#local/gateway/server.ts";
import { makeServerCertificate } from "#local/gateway/server-certificate.ts";
import { type Identity, makeAuthority } from "./support/authority.ts";
import { allow, domain, domainName, FakeAws, region } from "./support/deployed.ts";

const first = domainName;
const second = "ireland.test.example.com";
const secondRegion = "eu-west-1";
const secondExecuteApi = `a1b2c3d4e5.execute-api.${secondRegion}.amazonaws.com`;

const ours = makeAuthority("Ours");
const others = makeAuthority("Others");
const entrance = new Entrance();
const records: Record<string, GatewayRecord[]> = { [first]: [], [second]: [] };
const gateways: Gateway[] = [];
let port = 0;
let authority = "";

/** The same in the second's region. */
const moved = (text: string) => text.replaceAll(`execute-api:${region}`, `execute-api:${secondRegion}`);

beforeAll(async () => {
  port = await entrance.listen(0);
  const certificate = makeServerCertificate(
    [first, second, "*.execute-api.eu-west-1.amazonaws.com"],
    new Date(),
  );
  authority = certificate.authority;
  for (const [name, truststore, greeting] of [
    [first, ours.truststore, "first"],
    [second, ours.truststore + others.truststore, "second"],
  ] as const) {
    const aws = new FakeAws();
    aws.truststores.set("v1", truststore);
    aws.backend = () => ({ statusCode: 200, body: greeting });
    if (name === second) {
      aws.domain = { ...domain, domainName: second, region: secondRegion };
      aws.readWebAcl = async () => undefined;
      for (const [arn, policy] of aws.policies) aws.policies.set(arn, moved(policy));
      aws.authorizer = (event) => JSON.parse(moved(JSON.stringify(allow(event))));
    }
    const identities = certificate.identities.filter((one) => one.name === name || one.name.startsWith("*"));
    gateways.push(
      await startGateway({
        ...{ aws, domainName: name, entrance, reloadEverySeconds: 0 },
        serverCertificate: { authority, identities },
        log: { record: (one) => records[name]?.push(one) },
      }),
    );
  }
});
beforeEach(() => Object.values(records).forEach((all) => void all.splice(0)));
afterAll(async () => {
  await entrance.close();
  await Promise.all(gateways.map((one) => one.close()));
});

const inBoth = ours.issue();
const inSecond = others.issue();

test.each([
  ["what both trust, at the first", first, inBoth, "200 first"],
  ["what both trust, at the second", second, inBoth, "200 second"],
  ["what only the second trusts, there", second, inSecond, "200 second"],
  ["what only the second trusts, at the first", first, inSecond, '403 {"message":"Forbidden"}'],
])("%s", async (_, name, client, expected) => {
  expect(await call({ serverName: name, host: name, client })).toBe(expected);
});

test.each([first, second])("%s is closed without a certificate", async (name) => {
  await expect(call({ serverName: name, host: name })).rejects.toMatchObject({
    code: expect.stringMatching(/^(ECONNRESET|EPIPE)$/),
  });
  expect(reasonsOf(name)).toEqual(["client-certificate-missing"]);
});

test.each([
  ["the Host of the other domain does not lead to it", first, second, first, "wrong-host"],
  ["… nor the other way round", second, first, second, "wrong-host"],
  [
    "the second's execute-api address is the second's to refuse",
    secondExecuteApi,
    secondExecuteApi,
    second,
    "execute-api-disabled",
  ],
  [
    "a name of nobody is refused by the first",
    "nobody.example.com",
    "nobody.example.com",
    first,
    "unknown-server-name",
  ],
])("%s", async (_, serverName, host, by, reason) => {
  expect(await call({ serverName, host, client: inBoth })).toBe('403 {"message":"Forbidden"}');
  expect(reasonsOf(by)).toEqual([reason]);
  expect(reasonsOf(by === first ? second : first)).toEqual([]);
});

const reasonsOf = (name: string) =>
  (records[name] ?? []).flatMap((one) =>
    one.event === "answered" || one.event === "closed" ? [one.reason?.code] : [],
  );

interface Call {
  readonly serverName: string;
  readonly host: string;
  readonly client?: Pick<Identity, "cert" | "key">;
}

function call({ serverName, host, client }: Call): Promise<string> {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      {
        ...{ host: "127.0.0.1", port, servername: serverName, ca: authority, agent: false },
        ...{ method: "POST", path: "/api", headers: { host } },
        // Names that no certificate of the gateways bears are part of the test.
        checkServerIdentity: () => undefined,
        ...(client ? { cert: client.cert, key: client.key } : {}),
      },
      (incoming) => {
        const chunks: Buffer[] = [];
        incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
        incoming.on("end", () => resolve(`${incoming.statusCode} ${Buffer.concat(chunks).toString()}`));
        incoming.on("error", reject);
      },
    );
    outgoing.on("error", reject);
    outgoing.end();
  });
}
