import { type ProblemCode, problems } from "#contract/problems.ts";
import type { Route } from "#contract/routes.ts";
import { routes } from "#contract/routes.ts";
import type { Allowed, Client, Refused } from "#lambdas/authorizer/decision.ts";
import { accountOf, policy } from "#lambdas/authorizer/steps/policy.ts";
import { account, deployment, functionArn, partners } from "./fixture.ts";

const client: Client = {
  principal: "g1:4711",
  generation: "g1",
  issuerFingerprint: "ab".repeat(32),
  serial: "4711",
  thumbprint: "x".repeat(43),
};
const around = { requestId: "r1", milliseconds: {} };
const allowed = (route: Route): Allowed => ({ allowed: true, ...around, route, client, rule: partners });
const refused = (code: ProblemCode, rest: Partial<Refused> = {}): Refused => ({
  allowed: false,
  ...around,
  step: problems[code].step,
  code,
  answer: "deny",
  ...rest,
});
const api = routes[0] as Route;
const arn = "arn:aws:execute-api:eu-west-2:222222222222:a1b2c3d4e5/dev";

describe("the step policy", () => {
  test("allows exactly the route's row, for the client that the certificate proves", () => {
    expect(policy(allowed(api), deployment, account)).toEqual({
      principalId: "g1:4711",
      policyDocument: {
        Version: "2012-10-17",
        Statement: [{ Action: "execute-api:Invoke", Effect: "Allow", Resource: `${arn}/POST/api` }],
      },
      context: {
        code: "allowed",
        step: "policy",
        principal: "g1:4711",
        generation: "g1",
        serial: "4711",
        thumbprint: "x".repeat(43),
        rule: "partners",
      },
    });
  });

  test.each([
    ["/pets/{petId}", "GET/pets/*"],
    ["/pets/{petId}/owners/{ownerId}", "GET/pets/*/owners/*"],
    ["/files/{path+}", "GET/files/*"],
    ["/", "GET/"],
  ] as const)("writes the row of %s as %s", (path, row) => {
    const answer = policy(allowed({ ...api, method: "GET", path }), deployment, account);
    expect(answer.policyDocument.Statement[0]).toMatchObject({ Effect: "Allow", Resource: `${arn}/${row}` });
  });

  test.each(Object.keys(problems) as ProblemCode[])(
    "denies %s with the table's text, and the row",
    (code) => {
      const answer = policy(refused(code, { route: api, client }), deployment, account);
      expect(answer.policyDocument.Statement[0]).toMatchObject({
        Effect: "Deny",
        Resource: `${arn}/POST/api`,
      });
      expect(answer.principalId).toBe("g1:4711");
      expect(answer.context).toEqual({
        code,
        step: problems[code].step,
        message: problems[code].message,
        principal: "g1:4711",
      });
    },
  );

  test("denies the whole API where no route is known, to a principal that is always set", () => {
    const answer = policy(refused("unknown-route"), deployment, account);
    expect(answer.policyDocument.Statement).toEqual([
      { Action: "execute-api:Invoke", Effect: "Deny", Resource: `${arn}/*` },
    ]);
    expect(answer.principalId).toBe("unknown");
  });

  test("keeps the detail of a denial and the error of a fault to itself", () => {
    const answer = policy(
      refused("revocation-unknown", { detail: "issuing CRL: stale", error: new Error("secret") }),
      deployment,
      account,
    );
    expect(JSON.stringify(answer)).not.toMatch(/stale|secret/);
  });

  test("puts the token's grant into the context, and our own keys above it", () => {
    const grant = {
      scopes: ["a", "b"],
      subject: "s",
      clientId: "c",
      expiresAt: 1780315200,
      context: { ignored: "here" },
    };
    const context = { code: "hostile", principal: "hostile", sub: "hostile", tenant: "t" };
    const answer = policy({ ...allowed(api), grant, context }, deployment, account);
    expect(answer.context).toMatchObject({
      code: "allowed",
      principal: "g1:4711",
      scope: "a b",
      sub: "s",
      client_id: "c",
      exp: "1780315200",
      tenant: "t",
    });
  });

  test("names the key of the rule's usage plan, and none where the rule has none", () => {
    const rule = { ...partners, usageKey: "k".repeat(20) };
    expect(policy({ ...allowed(api), rule }, deployment, account).usageIdentifierKey).toBe("k".repeat(20));
    expect(policy(allowed(api), deployment, account)).not.toHaveProperty("usageIdentifierKey");
  });

  test("denies with the challenge, and with context that cannot change the code", () => {
    const denied = refused("token-missing", {
      challenge: 'Bearer error="invalid_token"',
      context: { code: "allowed", more: "x" },
    });
    expect(policy(denied, deployment, account).context).toEqual({
      code: "token-missing",
      step: "token",
      message: problems["token-missing"].message,
      challenge: 'Bearer error="invalid_token"',
      more: "x",
    });
  });

  test("refuses to write an answer that AWS would not take", () => {
    const context = { more: "x".repeat(8192) };
    expect(() => policy({ ...allowed(api), context }, deployment, account)).toThrow(
      "more than the 8192 that AWS takes",
    );
  });

  test("messages can be set into JSON as they are", () => {
    for (const { message } of Object.values(problems)) expect(JSON.parse(`"${message}"`)).toBe(message);
  });
});

describe("accountOf", () => {
  test("reads partition, region and account from the function's own ARN", () => {
    expect(accountOf(functionArn)).toEqual(account);
    expect(accountOf(`${functionArn}:live`)).toEqual(account);
    expect(accountOf("arn:aws-us-gov:lambda:us-gov-west-1:333333333333:function:f").partition).toBe(
      "aws-us-gov",
    );
  });
  test.each([
    "",
    "f",
    "arn:aws:lambda:eu-west-2:2222:function:f",
    "arn:aws:lambda:*:222222222222:function:f",
  ])("throws for %p", (text) => {
    expect(() => accountOf(text)).toThrow("the function's own ARN cannot be read");
  });
});
