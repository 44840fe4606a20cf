/** The life of a gateway: start, reading the configuration again, close. */
import { createServer } from "node:net";
import { startGateway } from "#local/gateway/server.ts";
import { makeAuthority } from "./support/authority.ts";
import { domainName, domainWith, FakeAws, stage } from "./support/deployed.ts";
import { RunningGateway } from "./support/running-gateway.ts";

const ours = makeAuthority("Ours");
const client = ours.issue();

const aws = () => {
  const fake = new FakeAws();
  fake.truststores.set("v1", ours.truststore);
  return fake;
};
const log = { record: () => undefined };

test("it tells what it serves: deployments, truststore version, warnings", async () => {
  const system = new RunningGateway(ours.truststore);
  system.aws.domain = domainWith(
    {},
    {
      mutualTls: {
        truststoreUri: "s3://ca/t",
        truststoreVersion: "v1",
        warnings: ["two of the same subject"],
      },
    },
  );
  await system.start();
  expect(system.records).toEqual([
    {
      event: "configured",
      at: expect.any(String),
      truststoreVersion: "v1",
      deployments: ["a1b2c3d4e5/test/dep001"],
      warnings: ["two of the same subject"],
    },
  ]);
  await system.close();
});

test("a new deployment is in force after a reload, and told", async () => {
  const system = new RunningGateway(ours.truststore);
  await system.start();
  system.aws.domain = domainWith({ stages: [{ ...stage, deploymentId: "dep002" }], resources: [] });
  expect(await system.call({ client })).toMatchObject({ status: 200 });
  await system.gateway.reload();
  expect(await system.call({ client })).toMatchObject({ status: 403 });
  expect(system.records.filter(({ event }) => event === "configured")).toHaveLength(2);
  await system.close();
});

test("a reload that changes nothing is not told", async () => {
  const system = new RunningGateway(ours.truststore);
  await system.start();
  await system.gateway.reload();
  expect(system.records.filter(({ event }) => event === "configured")).toHaveLength(1);
  await system.close();
});

test("a reload sees what was changed before it was asked for, even while another one reads", async () => {
  const system = new RunningGateway(ours.truststore);
  await system.start();
  let release: () => void = () => undefined;
  const read = system.aws.readDomain.bind(system.aws);
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  system.aws.readDomain = async () => {
    const before = await read();
    await held;
    return before;
  };
  const first = system.gateway.reload();
  system.aws.readDomain = read;
  system.aws.domain = domainWith({ resources: [] });
  const second = system.gateway.reload();
  release();
  await Promise.all([first, second]);
  expect(await system.call({ client })).toMatchObject({ status: 403 });
  await system.close();
});

test("it reads by itself every few seconds, and a failure is told and passes", async () => {
  jest.useFakeTimers({ doNotFake: ["nextTick", "setImmediate", "queueMicrotask", "performance"] });
  try {
    const fake = aws();
    const records: { event: string }[] = [];
    const gateway = await startGateway({
      aws: fake,
      domainName,
      reloadEverySeconds: 5,
      log: { record: (record) => records.push(record) },
    });
    fake.truststores.set("v2", ours.truststore);
    fake.domain = domainWith(
      {},
      { mutualTls: { truststoreUri: "s3://ca/t", truststoreVersion: "gone", warnings: [] } },
    );
    await jest.advanceTimersByTimeAsync(5_000);
    expect(records.at(-1)).toMatchObject({ event: "failed", what: "reading the configuration" });
    fake.domain = domainWith(
      {},
      { mutualTls: { truststoreUri: "s3://ca/t", truststoreVersion: "v2", warnings: [] } },
    );
    await jest.advanceTimersByTimeAsync(5_000);
    expect(gateway.truststoreVersion).toBe("v2");
    await gateway.close();
    expect(jest.getTimerCount()).toBe(0);
  } finally {
    jest.useRealTimers();
  }
});

test("a port that is taken is an error that says so", async () => {
  const taken = createServer();
  const port = await new Promise<number>((resolve) => {
    taken.listen(0, "127.0.0.1", () => resolve((taken.address() as { port: number }).port));
  });
  await expect(startGateway({ aws: aws(), domainName, port, log })).rejects.toMatchObject({
    code: "EADDRINUSE",
  });
  await new Promise((resolve) => taken.close(resolve));
});

test("two gateways run side by side, each with an authority of its own", async () => {
  const one = await startGateway({ aws: aws(), domainName, log });
  const two = await startGateway({ aws: aws(), domainName, log });
  expect(one.port).not.toBe(two.port);
  expect(one.authority).not.toBe(two.authority);
  await Promise.all([one.close(), two.close()]);
});

test("close ends open connections and frees the port", async () => {
  const system = new RunningGateway(ours.truststore);
  await system.start();
  const { port } = system.gateway;
  const socket = await system.socket(client);
  const closed = new Promise((resolve) => socket.once("close", resolve));
  socket.on("error", () => undefined);
  await system.close();
  await closed;
  const again = await startGateway({ aws: aws(), domainName, port, log });
  expect(again.port).toBe(port);
  await again.close();
});

test("a fault inside the gateway is 500 without detail, told, and no way through", async () => {
  const system = new RunningGateway(ours.truststore);
  await system.start();
  system.aws.domain = domainWith({ authorizers: null as never });
  const read = system.gateway.reload();
  await expect(read).rejects.toThrow();
  expect(await system.call({ client })).toMatchObject({ status: 200 });
  system.aws.domain = domainWith({ gatewayResponses: null as never, binaryMediaTypes: null as never });
  await system.gateway.reload();
  expect(await system.call({ client, path: "/nowhere" })).toMatchObject({
    status: 500,
    body: '{"message":"Internal server error"}',
  });
  expect(system.records.at(-1)).toMatchObject({ event: "failed", what: "answering a request" });
  await system.close();
});
