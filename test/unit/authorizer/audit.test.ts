import type { Route } from "#contract/routes.ts";
import { routes } from "#contract/routes.ts";
import { auditLine, faultLine } from "#lambdas/authorizer/audit.ts";
import type { Decision } from "#lambdas/authorizer/decision.ts";
import { deployment, makeWorld, pem, requestEvent, start } from "./fixture.ts";

const lineOf = (decision: Decision) => {
  const line = auditLine(decision, deployment, start);
  expect(line).not.toMatch(/[\r\n]/);
  return JSON.parse(line) as Record<string, unknown>;
};

describe("the audit line", () => {
  test("of an allowed request says who, what and by which rule", async () => {
    const world = makeWorld();
    const { certificate } = world.client;
    const line = lineOf(await world.decide());
    expect(line).toMatchObject({
      audit: "decision",
      time: "2026-06-01T12:00:00.000Z",
      requestId: "c6af9ac6-7b61-11e6-9a41-93e8deadbeef",
      route: "POST /api",
      decision: "allow",
      step: "policy",
      code: "allowed",
      principal: `g1:${certificate.serial}`,
      issuer: world.hierarchy.issuing.certificate.fingerprint,
      serial: certificate.serial,
      thumbprint: Buffer.from(certificate.fingerprint, "hex").toString("base64url"),
      rule: "partners",
      milliseconds: { place: 0, certificate: 0, revocation: 0, rules: 0 },
    });
  });

  test("of a denial says step, code and detail", async () => {
    const world = makeWorld();
    world.buckets.objects.delete(world.issuingKey);
    expect(lineOf(await world.decide())).toMatchObject({
      decision: "deny",
      step: "revocation",
      code: "revocation-unknown",
      detail: "issuing CRL: status 404",
      principal: `g1:${world.client.certificate.serial}`,
    });
  });

  test("counts decisions by code in CloudWatch's embedded metric format", async () => {
    const line = lineOf(await makeWorld().decide({}));
    const { _aws } = line as { _aws: { Timestamp: number; CloudWatchMetrics: [Record<string, never>] } };
    expect(_aws).toEqual({
      Timestamp: start.getTime(),
      CloudWatchMetrics: [
        {
          Namespace: "mtls-api/authorizer",
          Dimensions: [["apiId", "stage", "code"]],
          Metrics: [
            { Name: "Decisions", Unit: "Count" },
            { Name: "DecisionTime", Unit: "Milliseconds" },
          ],
        },
      ],
    });
    // Every dimension and metric must be a member of the line itself.
    expect(line).toMatchObject({
      apiId: "a1b2c3d4e5",
      stage: "dev",
      code: "wrong-api",
      Decisions: 1,
      DecisionTime: 0,
    });
  });

  test("never holds PEM, token, query string, path or a name of the certificate", async () => {
    const world = makeWorld();
    const named = world.hierarchy.leaf({ subject: [{ type: "CN", value: "SECRET-NAME" }] }).certificate;
    const event = { ...requestEvent(pem(named)), path: "/SECRET-PATH" };
    for (const one of [event, { ...event, resource: "/x" }, requestEvent(pem(world.client.certificate))]) {
      const line = auditLine(await world.decide(one), deployment, start);
      expect(line).not.toMatch(/BEGIN|MII|secret|SECRET|partner-a/);
    }
  });

  test.each([
    ["CR and LF", 'x\r\n{"audit":"decision","decision":"allow"}'],
    ["a line separator", "x\u2028y"],
    ["a terminal's escape", "\u001b[31mx"],
    ["a thousand characters", "x".repeat(1000)],
    ["nothing", ""],
  ])("leaves out a request id of %s", async (_, requestId) => {
    const event = requestEvent("x");
    const hostile = { ...event, requestContext: { ...event.requestContext, requestId } };
    expect(lineOf(await makeWorld().decide(hostile)).requestId).toBe("unknown");
  });

  test("survives a rule name and a detail with line breaks: one line, escaped", () => {
    const decision: Decision = {
      allowed: false,
      requestId: "r1",
      milliseconds: { place: 0.12345 },
      step: "revocation",
      code: "revocation-unknown",
      answer: "deny",
      detail: "x\r\ny\u0000",
      route: routes[0] as Route,
    };
    const line = lineOf(decision);
    expect(line.detail).toBe("x\r\ny\u0000");
    expect(line.milliseconds).toEqual({ place: 0.123 });
  });
});

describe("the fault line", () => {
  const fault = (error: unknown): Decision => ({
    allowed: false,
    requestId: "r1",
    milliseconds: {},
    step: "certificate",
    code: "fault",
    answer: "fault",
    error,
  });

  test("gives type, step and message of the cause on one line", () => {
    const line = faultLine(fault(new TypeError("a\nb")), start) as string;
    expect(line).not.toContain("\n");
    expect(JSON.parse(line)).toMatchObject({
      fault: "TypeError",
      requestId: "r1",
      step: "certificate",
      message: "a\nb",
    });
  });

  test.each([undefined, null, "text", { toString: () => "x" }])("copes with a thrown %p", (thrown) => {
    expect(JSON.parse(faultLine(fault(thrown), start) as string)).toMatchObject({ fault: "Error" });
  });

  test("cuts a message that is longer than a line should be", () => {
    expect(JSON.parse(faultLine(fault(new Error("x".repeat(5000))), start) as string).message).toHaveLength(
      1000,
    );
  });

  test("is not written for a denial", () => {
    expect(faultLine({ ...fault(undefined), code: "no-rule" } as Decision, start)).toBeUndefined();
  });
});
