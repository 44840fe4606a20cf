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
    const value = values[JSON.parse(body).VersionStage] ?? "ResourceNotFoundException";
    if (typeof value === "number") response.writeHead(value).end();
    else if (/Exception$/.test(value)) response.writeHead(400).end(JSON.stringify({ __type: value }));
    else response.end(JSON.stringify({ SecretString: value }));
  };
};

test("both values are asked for by their stages", async () => {
  stages({ AWSCURRENT: "new", AWSPREVIOUS: "old" });
  expect(await read()).toEqual({ current: "new", previous: "old" });
});

test.each(["", "com.amazonaws.secretsmanager#"])(
  "before the first rotation there is one (%s)",
  async (space) => {
    stages({ AWSCURRENT: "new", AWSPREVIOUS: `${space}ResourceNotFoundException` });
    expect(await read()).toEqual({ current: "new" });
  },
);

test.each<[string, Readonly<Record<string, string | number>>, RegExp]>([
  ["the current one is missing", { AWSPREVIOUS: "old" }, /: status 400, ResourceNotFoundException$/],
  ...["AccessDeniedException", "InvalidRequestException", "DecryptionFailure: ResourceNotFoundException"].map(
    (refusal): [string, Record<string, string>, RegExp] => [
      `the previous one is refused with ${refusal}`,
      { AWSCURRENT: "new", AWSPREVIOUS: refusal },
      /AWSPREVIOUS: status 400/,
    ],
  ),
  [
    "the previous one is refused without a word",
    { AWSCURRENT: "new", AWSPREVIOUS: 400 },
    /AWSPREVIOUS: status 400$/,
  ],
  ["the current one cannot be had", { AWSCURRENT: 500, AWSPREVIOUS: "old" }, /status 500/],
  [
    "nobody can say whether there is a previous one",
    { AWSCURRENT: "new", AWSPREVIOUS: 500 },
    /AWSPREVIOUS: status 500/,
  ],
])("%s: it rejects, and tells no value", async (_, values, message) => {
  stages(values);
  const error = await read().then(
    () => new Error("it did not reject"),
    (problem: Error) => problem,
  );
  expect(error.message).toMatch(message);
  expect(error.message).not.toMatch(/new|old/);
});
