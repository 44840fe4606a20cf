import fc from "fast-check";
import type { ObjectAnswer } from "#aws/signed-get.ts";
import { problems, steps } from "#contract/problems.ts";
import { authorize } from "#lambdas/authorizer/authorize.ts";
import type { Decision } from "#lambdas/authorizer/decision.ts";
import { policy } from "#lambdas/authorizer/steps/policy.ts";
import { makeHierarchy } from "../../support/hierarchy.ts";
import {
  account,
  crl,
  deployment,
  later,
  makeWorld,
  pem,
  placeOf,
  requestEvent,
  start,
  type World,
} from "./fixture.ts";

const hierarchy = makeHierarchy({ now: start });
const world = makeWorld({ hierarchy });
const good = requestEvent(pem(world.client.certificate));
const statementOf = (decision: Decision) => policy(decision, deployment, account).policyDocument.Statement[0];

describe("authorize", () => {
  test("allows a good certificate on its route, and says how long each step took", async () => {
    const decision = await world.decide();
    expect(decision).toEqual({
      allowed: true,
      requestId: "c6af9ac6-7b61-11e6-9a41-93e8deadbeef",
      milliseconds: { place: 0, certificate: 0, revocation: 0, rules: 0 },
      route: expect.objectContaining({ method: "POST", path: "/api" }),
      client: expect.objectContaining({ principal: `g1:${world.client.certificate.serial}` }),
      rule: expect.objectContaining({ name: "partners" }),
      context: {},
    });
  });

  describe("each refusal has its step and code, and a twin that is allowed", () => {
    test.each<[string, string, string, (world: World) => unknown]>([
      [
        "place",
        "wrong-domain",
        "the execute-api address",
        () => withContext({ domainName: "x.execute-api.eu-west-2.amazonaws.com" }),
      ],
      [
        "certificate",
        "issuer-not-accepted",
        "another CA with the same names",
        () => requestEvent(pem(makeHierarchy({ now: start }).leaf().certificate)),
      ],
      [
        "certificate",
        "certificate-not-for-clients",
        "a server's certificate",
        (it) => requestEvent(pem(it.hierarchy.leaf({ extendedKeyUsage: ["serverAuth"] }).certificate)),
      ],
      [
        "revocation",
        "revoked",
        "a revoked certificate",
        (it) => {
          it.buckets.objects.set(
            it.issuingKey,
            crl(it.hierarchy.issuing, { number: 2, revoked: [it.client.certificate.serial] }),
          );
          return good;
        },
      ],
      [
        "revocation",
        "issuer-revoked",
        "a revoked issuing certificate",
        (it) => {
          it.buckets.objects.set(
            it.rootKey,
            crl(it.hierarchy.root, { number: 2, revoked: [it.hierarchy.issuing.certificate.serial] }),
          );
          return good;
        },
      ],
      [
        "revocation",
        "revocation-unknown",
        "no CRL",
        (it) => {
          it.buckets.objects.delete(it.issuingKey);
          return good;
        },
      ],
      [
        "rules",
        "no-rule",
        "a client of another unit",
        (it) =>
          requestEvent(pem(it.hierarchy.leaf({ subject: [{ type: "OU", value: "Visitors" }] }).certificate)),
      ],
    ])("%s, %s: %s", async (step, code, _, change) => {
      const it = makeWorld({ hierarchy });
      const client = it.client;
      expect((await it.decide()).allowed).toBe(true);
      const event = change(it);
      it.now = later(5);
      const mine = event === good ? requestEvent(pem(client.certificate)) : event;
      const decision = await it.decide(mine);
      expect(decision).toMatchObject({ allowed: false, step, code });
      expect(statementOf(decision)).toMatchObject({ Effect: "Deny" });
    });
  });

  test("revoking one client refuses it within refreshSeconds, while another goes on", async () => {
    const it = makeWorld({ hierarchy });
    const other = requestEvent(pem(hierarchy.leaf().certificate));
    await it.decide();
    it.buckets.objects.set(
      it.issuingKey,
      crl(hierarchy.issuing, { number: 2, revoked: [it.client.certificate.serial] }),
    );
    it.now = later(5);
    expect(await it.decide()).toMatchObject({ allowed: false, code: "revoked" });
    expect((await it.decide(other)).allowed).toBe(true);
  });

  test("an issuing certificate that the root revoked takes every leaf with it", async () => {
    const it = makeWorld({ hierarchy });
    it.buckets.objects.set(
      it.rootKey,
      crl(hierarchy.root, { revoked: [hierarchy.issuing.certificate.serial] }),
    );
    for (const one of [it.client, hierarchy.leaf()])
      expect(await it.decide(requestEvent(pem(one.certificate)))).toMatchObject({ code: "issuer-revoked" });
  });

  test("with revocation off nothing else is: no list is asked for, certificate and rules still decide", async () => {
    const it = makeWorld({ hierarchy, revocation: "off" });
    it.buckets.objects.delete(it.issuingKey);
    expect((await it.decide()).allowed).toBe(true);
    expect(it.buckets.asked(it.issuingKey)).toBe(0);
    const visitor = hierarchy.leaf({ subject: [{ type: "OU", value: "Visitors" }] }).certificate;
    expect(await it.decide(requestEvent(pem(visitor)))).toMatchObject({ code: "no-rule" });
    const stranger = makeHierarchy({ now: start }).leaf().certificate;
    expect(await it.decide(requestEvent(pem(stranger)))).toMatchObject({ code: "issuer-not-accepted" });
  });

  test("an exception is a fault at its step, never an Allow", async () => {
    const it = makeWorld({ hierarchy });
    const boom = new Error("boom");
    const gate = { ...it.gate, crls: () => Promise.reject(boom) };
    const event = requestEvent(pem(it.client.certificate));
    const decision = await authorize(event, placeOf(event), gate);
    expect(decision).toMatchObject({ allowed: false, step: "revocation", code: "fault", error: boom });
  });

  test("an event whose properties throw is a fault, not a crash", async () => {
    const hostile = Object.defineProperty({}, "requestContext", {
      get: () => {
        throw new Error("boom");
      },
    });
    expect(await world.decide(hostile)).toMatchObject({
      allowed: false,
      code: "fault",
      requestId: "unknown",
    });
  });

  test("steps stand in the table in the order in which they are taken", async () => {
    const decision = await world.decide();
    const taken = Object.keys(decision.milliseconds);
    expect(taken).toEqual(steps.filter((step) => taken.includes(step)));
    for (const { step } of Object.values(problems)) expect(steps).toContain(step);
  });
});

describe("a hostile path", () => {
  test.each(["/*", "/api/*", "*", "/api?*", "/../*", "/api\n", `/${"a".repeat(600)}`])(
    "%j never widens the resource",
    async (path) => {
      const event = {
        ...requestEvent(pem(world.client.certificate)),
        path,
        pathParameters: { proxy: "*" },
        methodArn: `arn:aws:execute-api:*:*:*/*/*${path}`,
      };
      const decision = await world.decide(event);
      expect(statementOf(decision)).toEqual({
        Action: "execute-api:Invoke",
        Effect: "Allow",
        Resource: "arn:aws:execute-api:eu-west-2:222222222222:a1b2c3d4e5/dev/POST/api",
      });
    },
  );

  test("a hostile resource is no route, and is denied", async () => {
    const decision = await world.decide({ ...good, resource: "/*" });
    expect(decision).toMatchObject({ allowed: false, code: "unknown-route" });
    expect(statementOf(decision)).toMatchObject({ Effect: "Deny" });
  });
});

describe("whatever the event is (property)", () => {
  const json = fc.oneof(
    fc.constantFrom<unknown>(
      undefined,
      null,
      "",
      "REQUEST",
      "*",
      "/api",
      "POST",
      "2.0",
      "a1b2c3d4e5",
      "dev",
      [],
      {},
    ),
    fc.jsonValue({ maxDepth: 2 }),
    fc.constantFrom(
      pem(hierarchy.issuing.certificate),
      pem(hierarchy.root.certificate),
      pem(hierarchy.leaf().certificate).repeat(2),
    ),
  );
  const paths = pathsOf(good).filter((path) => path.length > 0);

  test("it is decided, never thrown, and allowed only if all that counts is as it should be", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.constantFrom(...paths), json), { minLength: 0, maxLength: 3 }),
        async (changes) => {
          const event = changes.reduce((one, [path, value]) => withValue(one, path, value), good as unknown);
          const decision = await world.decide(event);
          expect(decision.allowed ? "allowed" : decision.code).not.toBe("fault");
          if (decision.allowed) expect(essentials(event)).toEqual(essentials(good));
          expect(statementOf(decision).Effect).toBe(decision.allowed ? "Allow" : "Deny");
          expect(Buffer.byteLength(JSON.stringify(policy(decision, deployment, account)))).toBeLessThan(8192);
        },
      ),
      { seed: 20260601, numRuns: 2000 },
    );
  });

  test("an event of nothing but noise is denied", async () => {
    await fc.assert(
      fc.asyncProperty(fc.anything(), async (event) => {
        expect((await authorize(event, placeOf(event), world.gate)).allowed).toBe(false);
      }),
      { seed: 20260602, numRuns: 500 },
    );
  });
});

describe("whatever the buckets hold (property)", () => {
  const twin = makeHierarchy({ now: start });
  const { client } = world;
  const issuing = {
    good: crl(hierarchy.issuing, { number: 5 }),
    revoked: crl(hierarchy.issuing, { number: 6, revoked: [client.certificate.serial] }),
    stale: crl(hierarchy.issuing, { number: 7, at: later(-7200) }),
    older: crl(hierarchy.issuing, { number: 4 }),
    twin: crl(twin.issuing, { number: 9 }),
    root: crl(hierarchy.root, { number: 9 }),
    garbage: Buffer.from("garbage"),
  };
  const root = {
    good: crl(hierarchy.root, { number: 5 }),
    revoked: crl(hierarchy.root, { number: 6, revoked: [hierarchy.issuing.certificate.serial] }),
    twin: crl(twin.root, { number: 9 }),
    garbage: Buffer.alloc(100),
  };
  const failures: Record<string, ObjectAnswer> = {
    forbidden: { kind: "refused", reason: "status 403" },
    down: { kind: "unavailable", reason: "status 503" },
  };
  const stateOf = (lists: object) =>
    fc.constantFrom("good", "good", "good", ...Object.keys(lists), ...Object.keys(failures));
  const move = fc.record({
    issuing: stateOf(issuing),
    root: stateOf(root),
    seconds: fc.integer({ min: 0, max: 40 }),
  });

  test("a request is allowed only with both lists good now, or good at the last contact and out of reach for at most a minute", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(move, { minLength: 1, maxLength: 8 }), async (moves) => {
        const it = makeWorld({ hierarchy, refreshSeconds: 0 });
        const event = requestEvent(pem(client.certificate));
        const last = { issuing: fresh(), root: fresh() };
        let elapsed = 0;
        for (const one of moves) {
          elapsed += one.seconds;
          it.now = later(elapsed);
          put(it, it.issuingKey, one.issuing, issuing);
          put(it, it.rootKey, one.root, root);
          learn(last.issuing, one.issuing, elapsed);
          learn(last.root, one.root, elapsed);
          const expected = [last.issuing, last.root].every(
            (list) => list.good && elapsed - list.contact <= 60,
          );
          expect((await it.decide(event)).allowed).toBe(expected);
        }
      }),
      { seed: 20260603, numRuns: 100 },
    );
  });

  const fresh = () => ({ good: false, contact: 0, number: 0 });

  function put(it: World, key: string, state: string, lists: Readonly<Record<string, Buffer>>): void {
    const failure = failures[state];
    if (failure) it.buckets.instead.set(key, failure);
    else {
      it.buckets.instead.delete(key);
      it.buckets.objects.set(key, lists[state] as Buffer);
    }
  }

  /** What a reader of the specification would note down. */
  function learn(list: ReturnType<typeof fresh>, state: string, now: number): void {
    if (state === "down") return;
    list.contact = now;
    const number = { good: 5, older: 4, revoked: 6, stale: 7 }[state];
    // A list is taken over if its number is not lower; good is only the good one.
    list.good = (state === "good" || state === "older") && (number as number) >= list.number;
    if (number !== undefined && number >= list.number) list.number = number;
  }
});

function withContext(changes: object) {
  return { ...good, requestContext: { ...good.requestContext, ...changes } };
}

function pathsOf(value: unknown): string[][] {
  if (typeof value !== "object" || value === null) return [[]];
  return [[], ...Object.entries(value).flatMap(([key, one]) => pathsOf(one).map((rest) => [key, ...rest]))];
}

function withValue(value: unknown, [first, ...rest]: readonly string[], made: unknown): unknown {
  if (first === undefined) return made;
  const base = typeof value === "object" && value !== null && !Array.isArray(value) ? value : {};
  return { ...base, [first]: withValue((base as Record<string, unknown>)[first], rest, made) };
}

/** All that a decision may depend on. */
function essentials(event: unknown) {
  const it = event as typeof good;
  const { apiId, stage, identity } = it.requestContext;
  const { type, httpMethod, resource } = it;
  return { type, httpMethod, resource, apiId, stage, pem: identity.clientCert.clientCertPem.trim() };
}
