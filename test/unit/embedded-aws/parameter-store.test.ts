/**
 * A token service's secret in the Parameter Store, read by the authorizer's own code in a function of the embedded AWS:
 * with a function's credentials, and with exactly the permission that the stack gives.
 */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { request } from "node:https";
import { CreateFunctionCommand, InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import aws4 from "aws4";
import { zipSync } from "fflate";
import { boundaryStatements } from "#stacks/foundation/boundary.ts";
import { changed } from "../config/sample.ts";
import { other as account, allow, arnOf, client, embedded, region, role, root } from "./support/accounts.ts";

const id = "/test-api/tokens";
const environment = changed((input) => {
  input.apis[0].authorizer.tokens = {
    ...{ kind: "introspection", issuer: "https://tokens.test.example.com" },
    ...{ audience: "https://api.test.example.com", url: "https://tokens.test.example.com/introspect" },
    client: { id: "api", authentication: "secret", secret: { store: "parameter-store", id } },
  };
});
const [permission] = boundaryStatements(environment, account).filter(({ Sid }) => Sid === "TokenSecret0");
let lambda: LambdaClient;

beforeAll(async () => {
  if (!permission) throw new Error("nothing permits to read the secret");
  lambda = client(LambdaClient, root(account));
  const ZipFile = zipSync({ "index.js": bundle() });
  for (const [name, statement] of [
    ["reader", permission],
    ["stranger", allow("logs:PutLogEvents")],
  ] as const) {
    await role(account, name, statement, { Service: "lambda.amazonaws.com" });
    await lambda.send(
      new CreateFunctionCommand({
        ...{ FunctionName: name, Role: arnOf(account, name), Runtime: "nodejs22.x" },
        ...{ Handler: "index.handler", Code: { ZipFile } },
      }),
    );
  }
}, 60_000);

/** As a function of ours is built; esbuild does not run inside jest. */
function bundle(): Buffer {
  const entry = "test/unit/embedded-aws/support/read-secret.ts";
  const options = ["--bundle", "--platform=node", "--target=node20", "--format=cjs", "--log-level=warning"];
  return execFileSync("node_modules/.bin/esbuild", [entry, ...options]);
}

async function read(name: string, by = "reader"): Promise<unknown> {
  const Payload = JSON.stringify({ store: "parameter-store", id: name });
  const answer = await lambda.send(new InvokeCommand({ FunctionName: by, Payload }));
  return JSON.parse(Buffer.from(answer.Payload ?? []).toString("utf8"));
}

/** By its own protocol: no client of the SDK for it is among our packages. */
function put(Name: string, Value: string, Type = "SecureString"): Promise<void> {
  const { hostname, port } = new URL(embedded.aws.endpoint);
  const { headers } = aws4.sign(
    {
      ...{ hostname, port, method: "POST", path: "/", service: "ssm", region },
      headers: {
        "Content-Type": "application/x-amz-json-1.1",
        "X-Amz-Target": "AmazonSSM.PutParameter",
      },
      body: JSON.stringify({ Name, Value, Type, Overwrite: true }),
    },
    { accessKeyId: account, secretAccessKey: "test" },
  );
  const options = { hostname, port, method: "POST", path: "/", headers: headers as Record<string, string> };
  return new Promise((resolve, reject) => {
    const outgoing = request({ ...options, ca: readFileSync(embedded.aws.ca) }, (incoming) => {
      incoming.resume();
      incoming.on("end", () =>
        incoming.statusCode === 200 ? resolve() : reject(new Error(`status ${incoming.statusCode}`)),
      );
    });
    outgoing.on("error", reject);
    outgoing.end(JSON.stringify({ Name, Value, Type, Overwrite: true }));
  });
}

test("a secret that is missing cannot be had; it is taken up when it comes, and then kept", async () => {
  expect(await read(id)).toEqual({ problem: `secret ${id}: status 400, ParameterNotFound` });
  await put(id, 'hush "ü" \\ $' + "{x}\nand more ");
  // Deciphered, to the last character.
  expect(await read(id)).toEqual({ value: 'hush "ü" \\ $' + "{x}\nand more " });
  await put(id, "rotated");
  expect(await read(id)).toMatchObject({ value: expect.stringMatching(/^hush/) });
});

test.each(["/test-api/tokens-of-others", "/test-api", "/test-api/tokens/more", "/other-api/tokens"])(
  "%s is none of its secrets",
  async (name) => {
    await put(name, "theirs");
    const got = await read(name);
    expect(got).toEqual({ problem: `secret ${name}: status 400, AccessDeniedException` });
  },
);

test("a function without the permission reads nothing", async () => {
  await put(id, "hush");
  expect(await read(id, "stranger")).toEqual({
    problem: `secret ${id}: status 400, AccessDeniedException`,
  });
});

test.each(["", "no/slash at all", "/a/../b", "/x\u0000", "*"])(
  "garbage for a name is refused: %j",
  async (name) => {
    expect(await read(name)).toEqual({ problem: expect.stringMatching(/^secret .*: status 400/s) });
  },
);
