import { edgeHeaders } from "#contract/private-edge.ts";
import { takeEdgeHeaders } from "#lambdas/private-authorizer/edge-headers.ts";
import { privatePlace } from "#lambdas/private-authorizer/private-place.ts";
import { makeWorld, pem } from "../authorizer/fixture.ts";
import { carrying, privateDeployment, privateEvent, secret } from "./fixture.ts";

const world = makeWorld();
const certificate = pem(world.client.certificate);
const other = pem(world.hierarchy.leaf().certificate);
const place = async (received: unknown, secrets = { matches: async (text: string) => text === secret }) => {
  const { event, ...carried } = takeEdgeHeaders(received);
  return await privatePlace(event, carried, { ...privateDeployment, secrets });
};
const escaped = encodeURIComponent(certificate);

test("a request from NGINX brings route and certificate", async () => {
  expect(await place(privateEvent(certificate))).toEqual({
    passed: true,
    found: { route: expect.objectContaining({ path: "/api" }), certificatePem: certificate },
  });
});

const identity = (event: ReturnType<typeof privateEvent>, changes: object) => ({
  ...event,
  requestContext: {
    ...event.requestContext,
    identity: { ...(event.requestContext as { identity: object }).identity, ...changes },
  },
});
const header = (name: string, ...values: string[]) => ({ [name]: values });
/** Where `headers` says something else than multiValueHeaders. */
const contradicted = (headers: Readonly<Record<string, string>>) => {
  const event = privateEvent(certificate);
  return { ...event, headers: { ...event.headers, ...headers } };
};

test.each<[string, unknown, string]>([
  ["another endpoint", identity(privateEvent(certificate), { vpceId: "vpce-other" }), "not-through-edge"],
  ["no endpoint", identity(privateEvent(certificate), { vpceId: undefined }), "not-through-edge"],
  ["a list of endpoints", identity(privateEvent(certificate), { vpceId: ["vpce-1"] }), "not-through-edge"],
  ["no secret", carrying(certificate, header(edgeHeaders.certificate, escaped)), "not-through-edge"],
  ["another secret", privateEvent(certificate, "x".repeat(43)), "not-through-edge"],
  ["an empty secret", privateEvent(certificate, ""), "not-through-edge"],
  [
    "two secrets, the right one last",
    carrying(certificate, { [edgeHeaders.certificate]: [escaped], [edgeHeaders.secret]: ["x", secret] }),
    "not-through-edge",
  ],
  [
    "two secrets of two spellings",
    carrying(certificate, {
      [edgeHeaders.certificate]: [escaped],
      [edgeHeaders.secret]: [secret],
      X_Edge_Secret: [secret],
    }),
    "not-through-edge",
  ],
  [
    "the right secret twice",
    carrying(certificate, { [edgeHeaders.certificate]: [escaped], [edgeHeaders.secret]: [secret, secret] }),
    "not-through-edge",
  ],
  ["another secret in headers", contradicted({ [edgeHeaders.secret]: "x".repeat(43) }), "not-through-edge"],
  ["a second spelling in headers alone", contradicted({ X_Edge_Secret: secret }), "not-through-edge"],
  [
    "a secret in headers alone",
    { ...privateEvent(certificate), multiValueHeaders: header(edgeHeaders.certificate, escaped) },
    "not-through-edge",
  ],
  [
    "another certificate in headers",
    contradicted({ [edgeHeaders.certificate]: encodeURIComponent(other) }),
    "no-certificate",
  ],
  [
    "two certificates",
    carrying(certificate, {
      [edgeHeaders.certificate]: [escaped, encodeURIComponent(other)],
      [edgeHeaders.secret]: [secret],
    }),
    "no-certificate",
  ],
  [
    "two certificates of two spellings",
    carrying(certificate, {
      "x-client-certificate": [escaped],
      "X-Client-Certificate": [encodeURIComponent(other)],
      [edgeHeaders.secret]: [secret],
    }),
    "no-certificate",
  ],
  [
    "no certificate, even where the event has one of its own",
    identity(carrying(certificate, { [edgeHeaders.secret]: [secret] }), {
      clientCert: { clientCertPem: certificate },
    }),
    "no-certificate",
  ],
  [
    "a certificate that is not escaped",
    privateEvent(certificate, secret, certificate),
    "certificate-malformed",
  ],
  ["a broken escape", privateEvent(certificate, secret, `${escaped}%`), "certificate-malformed"],
  [
    "a character beyond ASCII",
    privateEvent(certificate, secret, `${escaped}%C3%A9`),
    "certificate-malformed",
  ],
  [
    "a header that is too long",
    privateEvent(certificate, secret, "A".repeat(50_000)),
    "certificate-malformed",
  ],
  ["another API", { ...privateEvent(certificate), requestContext: { apiId: "other" } }, "wrong-api"],
  ["another stage", privateEvent(certificate, secret, escaped, { stage: "prod" }), "wrong-api"],
  ["another route", { ...privateEvent(certificate), resource: "/none" }, "unknown-route"],
])("%s is denied", async (_, event, code) => {
  expect(await place(event)).toMatchObject({ passed: false, code });
});

test("the secret is not asked about before the endpoint is right", async () => {
  const asked: string[] = [];
  const secrets = { matches: async (text: string) => asked.push(text) > 0 };
  await place(identity(privateEvent(certificate), { vpceId: "vpce-other" }), secrets);
  expect(asked).toEqual([]);
});

test("a secret that cannot be read is a fault", async () => {
  const secrets = { matches: () => Promise.reject(new Error("down")) };
  await expect(place(privateEvent(certificate), secrets)).rejects.toThrow("down");
});

test("nothing behind step 0 sees secret or certificate, in any spelling", () => {
  const received = carrying(certificate, {
    "X-Edge-Secret": [secret],
    x_edge_secret: [secret],
    "X-Edge-Secret ": [secret],
    "X-CLIENT-certificate": [escaped],
    Accept: ["*/*"],
  });
  const { event } = takeEdgeHeaders(received);
  expect(JSON.stringify(event)).not.toContain(secret);
  expect(JSON.stringify(event)).not.toContain("BEGIN");
  expect(event).toMatchObject({ headers: { Accept: "*/*" }, multiValueHeaders: { Accept: ["*/*"] } });
});

test.each([undefined, null, 7, "x", [], {}, { headers: null, multiValueHeaders: 7 }])(
  "the event %j is denied",
  async (event) => {
    expect((await place(event)).passed).toBe(false);
  },
);
