import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { instanceEnvironment } from "#aws/instance-credentials.ts";

let server: Server;
let asked: IncomingMessage[] = [];
let answers: Record<string, string | number>;
const roles = "/latest/meta-data/iam/security-credentials/";
const credentials = { AccessKeyId: "ASIAEXAMPLE", SecretAccessKey: "s3cret", Token: "t0ken" };

beforeAll(async () => {
  server = createServer((request, response) => {
    asked.push(request);
    const answer = answers[`${request.method} ${request.url}`] ?? 404;
    response.writeHead(typeof answer === "number" ? answer : 200);
    response.end(typeof answer === "number" ? "" : answer);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
});
afterAll(() => {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(resolve));
});
beforeEach(() => {
  asked = [];
  answers = {
    "PUT /latest/api/token": "metadata-token",
    [`GET ${roles}`]: "dev-api-edge",
    [`GET ${roles}dev-api-edge`]: JSON.stringify(credentials),
  };
});
const read = (more: Record<string, string> = {}) =>
  instanceEnvironment(
    {
      AWS_EC2_METADATA_SERVICE_ENDPOINT: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      ...more,
    },
    "eu-west-2",
  );

test("the role's credentials come by IMDSv2: every question carries the token", async () => {
  expect(await read()).toMatchObject({
    AWS_REGION: "eu-west-2",
    AWS_ACCESS_KEY_ID: "ASIAEXAMPLE",
    AWS_SECRET_ACCESS_KEY: "s3cret",
    AWS_SESSION_TOKEN: "t0ken",
  });
  expect(asked.map(({ method, headers }) => [method, headers["x-aws-ec2-metadata-token"]])).toEqual([
    ["PUT", undefined],
    ["GET", "metadata-token"],
    ["GET", "metadata-token"],
  ]);
});

test("the environment's own credentials come first, and nobody is asked", async () => {
  expect(await read({ AWS_ACCESS_KEY_ID: "AKIDEXAMPLE" })).toMatchObject({
    AWS_ACCESS_KEY_ID: "AKIDEXAMPLE",
  });
  expect(asked).toEqual([]);
});

test.each<[string, () => void, RegExp]>([
  ["no token", () => delete answers["PUT /latest/api/token"], /api\/token: status 404/],
  ["no role", () => delete answers[`GET ${roles}`], /status 404/],
  [
    "a role's name that leads elsewhere",
    () => {
      answers[`GET ${roles}`] = "../../user-data";
    },
    /has no role/,
  ],
  [
    "no JSON",
    () => {
      answers[`GET ${roles}dev-api-edge`] = `{"SecretAccessKey":"s3cret"`;
    },
    /no credentials/,
  ],
  [
    "half of it",
    () => {
      answers[`GET ${roles}dev-api-edge`] = `{"SecretAccessKey":"s3cret"}`;
    },
    /no credentials/,
  ],
])("%s is an error that tells nothing of them", async (_, change, message) => {
  change();
  const error: Error = await read().then(
    () => new Error("it did not reject"),
    (problem) => problem,
  );
  expect(error.message).toMatch(message);
  expect(error.message).not.toContain("s3cret");
});
