/** Signing with KMS without the SDK: what is asked, and every answer that is none. */
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { createSignDigest } from "#aws/sign-digest.ts";

const keyArn = "arn:aws:kms:eu-west-2:222222222222:key/11111111-2222-4333-8444-555555555555";
let answer: { status: number; body: string };
let asked: { request: IncomingMessage; body: string }[];
let server: Server;
let environment: Record<string, string>;

beforeEach(async () => {
  asked = [];
  answer = { status: 200, body: JSON.stringify({ Signature: Buffer.from("der").toString("base64") }) };
  server = createServer((request, response) => {
    let body = "";
    request.on("data", (text) => {
      body += text;
    });
    request.on("end", () => {
      asked.push({ request, body });
      response.writeHead(answer.status).end(answer.body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  environment = {
    AWS_REGION: "eu-west-2",
    AWS_ACCESS_KEY_ID: "AKIA",
    AWS_SECRET_ACCESS_KEY: "secret",
    AWS_ENDPOINT_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
  };
});
afterEach(
  () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    }),
);

const sign = () => createSignDigest({ environment, timeoutMilliseconds: 1_000 })(keyArn, Buffer.alloc(32, 7));

test("asks for the signature of a digest, never of a message, and is signed itself", async () => {
  expect((await sign()).toString()).toBe("der");
  const [{ request, body } = { request: undefined, body: "" }] = asked;
  expect(JSON.parse(body)).toEqual({
    KeyId: keyArn,
    Message: Buffer.alloc(32, 7).toString("base64"),
    MessageType: "DIGEST",
    SigningAlgorithm: "ECDSA_SHA_256",
  });
  expect(request?.headers).toMatchObject({
    "x-amz-target": "TrentService.Sign",
    "content-type": "application/x-amz-json-1.1",
    authorization: expect.stringMatching(
      /^AWS4-HMAC-SHA256 Credential=AKIA\/\d{8}\/eu-west-2\/kms\/aws4_request/,
    ),
  });
});

test.each([
  ["a refusal", { status: 400, body: '{"__type":"AccessDeniedException"}' }, "status 400"],
  ["a failure", { status: 500, body: "" }, "status 500"],
  ["no JSON", { status: 200, body: "<html>" }, "JSON"],
  ["no signature", { status: 200, body: "{}" }, "without a signature"],
  ["another kind of signature", { status: 200, body: '{"Signature":7}' }, "without a signature"],
  ["a flood", { status: 200, body: "x".repeat(20_000) }, "too-large"],
])("%s is no signature", async (_, got, says) => {
  answer = got;
  await expect(sign()).rejects.toThrow(says);
});

test("a KMS that cannot be reached is no signature", async () => {
  environment.AWS_ENDPOINT_URL = "http://127.0.0.1:1";
  await expect(sign()).rejects.toThrow("KMS did not sign");
});

test("without a region, or with an endpoint by plain http elsewhere, there is no signer", () => {
  expect(() => createSignDigest({ environment: {}, timeoutMilliseconds: 1 })).toThrow("AWS_REGION");
  environment.AWS_ENDPOINT_URL = "http://kms.example.com";
  expect(() => sign()).toThrow("allowed: https");
});
