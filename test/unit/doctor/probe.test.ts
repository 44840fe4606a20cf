// The calls of `doctor --probe`, against a door that is played: as it should be, and with one thing wrong.
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import type { TLSSocket } from "node:tls";
import { type ProbeTarget, probe } from "#cli/doctor/probe.ts";
import { encodePem } from "#pki/pem.ts";
import { makeHierarchy, type Signed } from "#test/support/hierarchy.ts";

const domain = "api.dev.example.com";
const executeApi = "abc.execute-api.eu-west-2.amazonaws.com";
const hierarchy = makeHierarchy();
const pem = ({ certificate }: Signed) => encodePem("CERTIFICATE", certificate.der);
const key = ({ privateKey }: Signed) => privateKey.export({ format: "pem", type: "pkcs8" }).toString();
const serverCertificate = hierarchy.leaf({
  subjectAltNames: [domain, executeApi].map((value) => ({ kind: "dns" as const, value })),
  extendedKeyUsage: ["serverAuth"],
});
const client = hierarchy.leaf();

/** What the door answers; undefined: it closes the connection. */
interface Door {
  readonly without?: number;
  readonly untrusted: number;
  readonly good: number;
  readonly beside: number;
}
const right: Door = { untrusted: 403, good: 200, beside: 403 };

let server: Server | undefined;
afterEach(() => new Promise((resolve) => (server ? server.close(resolve) : resolve(undefined))));

async function findings(door: Door, withClient = true) {
  const ca = pem(hierarchy.root);
  const options = {
    cert: pem(serverCertificate) + pem(hierarchy.issuing),
    key: key(serverCertificate),
    ...{ ca, requestCert: true, rejectUnauthorized: false },
  };
  server = createServer(options, (request, response) => {
    const socket = request.socket as TLSSocket;
    const status = request.headers.host === executeApi ? door.beside : statusOf(socket, door);
    if (status === undefined) socket.destroy();
    else response.writeHead(status, { connection: "close" }).end("{}");
  });
  await new Promise<void>((resolve) => server?.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const target: ProbeTarget = {
    ...{ domain, executeApi, stage: "dev", method: "POST", path: "/api", local: { port, ca } },
    ...(withClient
      ? { client: { certificate: pem(client) + pem(hierarchy.issuing), key: key(client) } }
      : {}),
  };
  return probe(target, new Date());
}

function statusOf(socket: TLSSocket, door: Door): number | undefined {
  if (Object.keys(socket.getPeerCertificate()).length === 0) return door.without;
  return socket.authorized ? door.good : door.untrusted;
}

test("a door as it should be", async () => {
  expect((await findings(right)).map(({ code, verdict }) => `${code} ${verdict}`)).toEqual([
    ...["probe-no-certificate ok", "probe-untrusted ok", "probe-good ok", "probe-execute-api ok"],
  ]);
});

test("without a client's files the good call is left out, not taken for good", async () => {
  expect((await findings(right, false)).map((one) => one.code)).toEqual([
    ...["probe-no-certificate", "probe-untrusted", "probe-execute-api"],
  ]);
});

test.each([
  ["answers without a certificate", { ...right, without: 403 }, "probe-no-certificate"],
  ["lets an untrusted one in", { ...right, untrusted: 200 }, "probe-untrusted"],
  ["turns a good one away", { ...right, good: 403 }, "probe-good"],
  ["is open beside the domain", { ...right, beside: 200 }, "probe-execute-api"],
])("a door that %s is found", async (_, door, code) => {
  const failed = (await findings(door)).filter((one) => one.verdict === "fail");
  expect(failed.map((one) => one.code)).toEqual([code]);
  expect(failed[0]?.todo).toMatch(/\S/);
});
