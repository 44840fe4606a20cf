import { createRotatingSecretReader } from "#aws/rotating-secret.ts";
import { TokenService } from "../authorizer/token-service.ts";

const service = new TokenService();
beforeAll(() => service.start());
afterAll(() => service.stop());

const id = "arn:aws:secretsmanager:eu-west-2:222222222222:secret:edge";
const read = () =>
  createRotatingSecretReader({
    environment: {
      AWS_ACCESS_KEY_ID: "AKIDEXAMPLE",
      AWS_SECRET_ACCESS_KEY: "secret",
      AWS_REGION: "eu-west-2",
      AWS_ENDPOINT_URL: service.url,
    },
    timeoutMilliseconds: 1500,
  })(id);
const stages = (values: Readonly<Record<string, string | number>>) => {
  service.answer = (response, { body }) => {
    const value = values[JSON.parse(body).VersionStage] ?? 400;
    response.writeHead(typeof value === "number" ? value : 200);
    response.end(typeof value === "number" ? "" : JSON.stringify({ SecretString: value }));
  };
};

test("both values are asked for by their stages", async () => {
  stages({ AWSCURRENT: "new", AWSPREVIOUS: "old" });
  expect(await read()).toEqual({ current: "new", previous: "old" });
});

test("before the first rotation there is one", async () => {
  stages({ AWSCURRENT: "new" });
  expect(await read()).toEqual({ current: "new" });
});

test.each([
  ["the current one is missing", { AWSPREVIOUS: "old" }, /status 400/],
  ["the current one cannot be had", { AWSCURRENT: 500, AWSPREVIOUS: "old" }, /status 500/],
  [
    "nobody can say whether there is a previous one",
    { AWSCURRENT: "new", AWSPREVIOUS: 500 },
    /AWSPREVIOUS: status 500/,
  ],
])("%s: it rejects, and tells no value", async (_, values, message) => {
  stages(values as Record<string, string | number>);
  const error = await read().then(
    () => new Error("it did not reject"),
    (problem: Error) => problem,
  );
  expect(error.message).toMatch(message);
  expect(error.message).not.toMatch(/new|old/);
});
