import { createSecretReader, type SecretName } from "#aws/secret-value.ts";
import { later, start } from "./fixture.ts";
import { failures, TokenService } from "./token-service.ts";

const service = new TokenService();
beforeAll(() => service.start());
afterAll(() => service.stop());
beforeEach(() => {
  service.asked.length = 0;
});

let now = start;
const reader = (changes: Record<string, string> = {}) =>
  createSecretReader({
    environment: {
      AWS_ACCESS_KEY_ID: "AKIDEXAMPLE",
      AWS_SECRET_ACCESS_KEY: "secret",
      AWS_SESSION_TOKEN: "t0ken",
      AWS_REGION: "eu-west-2",
      AWS_ENDPOINT_URL: service.url,
      ...changes,
    },
    timeoutMilliseconds: 1500,
    now: () => now,
  });
const inManager: SecretName = { store: "secrets-manager", id: "arn:aws:secretsmanager:eu-west-2:1:secret:s" };
const inParameters: SecretName = { store: "parameter-store", id: "/dev/s" };

describe("a secret's value", () => {
  test.each([
    [
      inManager,
      "secretsmanager.GetSecretValue",
      "secretsmanager",
      { SecretId: inManager.id },
      { SecretString: "v" },
    ],
    [
      inParameters,
      "AmazonSSM.GetParameter",
      "ssm",
      { Name: "/dev/s", WithDecryption: true },
      { Parameter: { Value: "v" } },
    ],
  ])("comes from its store by a signed request: %j", async (name, target, scope, body, answer) => {
    service.says(answer, "application/x-amz-json-1.1");
    expect(await reader()(name)).toBe("v");
    const [asked] = service.asked;
    expect(asked).toMatchObject({
      method: "POST",
      url: "/",
      headers: {
        "x-amz-target": target,
        "content-type": "application/x-amz-json-1.1",
        "x-amz-security-token": "t0ken",
        authorization: expect.stringMatching(
          new RegExp(
            `^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/\\d{8}/eu-west-2/${scope}/aws4_request, SignedHeaders=.*x-amz-target`,
          ),
        ),
      },
    });
    expect(JSON.parse(asked?.body ?? "")).toEqual(body);
  });

  test("is kept for five minutes, each for itself", async () => {
    const read = reader();
    service.says({ SecretString: "one" });
    now = start;
    await read(inManager);
    service.says({ SecretString: "two", Parameter: { Value: "other" } });
    now = later(299);
    expect(await read(inManager)).toBe("one");
    expect(await read(inParameters)).toBe("other");
    now = later(300);
    expect(await read(inManager)).toBe("two");
    now = later(-1);
    service.says({ SecretString: "three" });
    expect(await read(inManager)).toBe("three");
  });

  test.each([
    ...failures.filter(([name]) => !/list|null|text|HTML/.test(name)),
    ["answering without a text", (one: TokenService) => one.says({ SecretBinary: "x" })] as const,
  ])("of a store that is %s cannot be had, and the next call asks again", async (_, fail) => {
    const read = reader();
    fail(service);
    await expect(read(inManager)).rejects.toThrow(
      /^secret arn:[^ ]+: (status \d+|unavailable|too-large|no text in the answer)$/,
    );
    service.says({ SecretString: "v" });
    expect(await read(inManager)).toBe("v");
  });

  test("is in no error, even when the store answers nonsense with it", async () => {
    for (const text of ["s3cret", '{"SecretString":"s3cret"', "null"]) {
      service.says(text);
      await expect(reader()(inManager)).rejects.toThrow(/: no text in the answer$/);
    }
  });

  test("does not start without a region", () => {
    expect(() => reader({ AWS_REGION: "" })).toThrow("AWS_REGION must be set");
  });
});
