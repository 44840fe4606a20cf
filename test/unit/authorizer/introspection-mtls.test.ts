import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import type { TLSSocket } from "node:tls";
import type { IntrospectionTokens } from "#contract/token-policy.ts";
import type { Identified } from "#lambdas/authorizer/steps/certificate.ts";
import { introspectionVerifier } from "#lambdas/authorizer/tokens/introspection.ts";
import { makeHierarchy, type Signed } from "../../support/hierarchy.ts";
import { pem, start } from "./fixture.ts";

const now = new Date();
const hierarchy = makeHierarchy({ now });
const serverCertificate = hierarchy.leaf({
  extendedKeyUsage: ["serverAuth"],
  subjectAltNames: [{ kind: "dns", value: "localhost" }],
});
const client = hierarchy.leaf();
const keyOf = ({ privateKey }: Signed) => privateKey.export({ format: "pem", type: "pkcs8" }) as string;
const chain = (one: Signed) => `${pem(one.certificate)}${pem(hierarchy.issuing.certificate)}`;

let server: Server;
let seen: { readonly fingerprint: string | undefined; readonly body: string }[] = [];

beforeAll(async () => {
  server = createServer(
    {
      key: keyOf(serverCertificate),
      cert: chain(serverCertificate),
      ca: pem(hierarchy.root.certificate),
      requestCert: true,
      rejectUnauthorized: true,
    },
    async (request, response) => {
      let body = "";
      for await (const part of request) body += part;
      const { fingerprint256 } = (request.socket as TLSSocket).getPeerCertificate();
      seen.push({ fingerprint: fingerprint256?.replaceAll(":", "").toLowerCase(), body });
      response.writeHead(200, { "Content-Type": "application/json" }).end('{"active":false}');
    },
  );
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
});
afterAll(() => {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(resolve));
});
beforeEach(() => {
  seen = [];
});

const ask = (secret: object) => {
  const policy: IntrospectionTokens = {
    kind: "introspection",
    answers: "policy",
    bound: true,
    timeoutMilliseconds: 10_000,
    url: `https://localhost:${(server.address() as AddressInfo).port}/introspect`,
    issuer: "i",
    audience: "a",
    clockToleranceSeconds: 0,
    client: {
      authentication: "mtls",
      id: "rs 1",
      secret: { store: "parameter-store", id: "/rs" },
    },
  };
  const verify = introspectionVerifier(policy, async () => JSON.stringify(secret));
  return verify({ token: "abc", identified: {} as Identified, scopes: [], now: start });
};
const identity = { cert: chain(client), key: keyOf(client) };

test("the server sees our client certificate and our id, and no secret", async () => {
  const outcome = await ask({ ...identity, ca: pem(hierarchy.root.certificate) });
  expect(outcome).toMatchObject({ code: "token-invalid", detail: "not active" });
  expect(seen).toEqual([
    {
      fingerprint: client.certificate.fingerprint,
      body: "token=abc&token_type_hint=access_token&client_id=rs+1",
    },
  ]);
});

test("a server whose certificate is not trusted is asked nothing", async () => {
  const outcome = await ask(identity);
  expect(outcome).toMatchObject({ code: "token-service-failed" });
  expect(seen).toEqual([]);
});

test("a client certificate that the server does not accept is a failure of the service", async () => {
  const stranger = makeHierarchy({ now }).leaf();
  const outcome = await ask({
    cert: pem(stranger.certificate),
    key: keyOf(stranger),
    ca: pem(hierarchy.root.certificate),
  });
  expect(outcome).toMatchObject({ code: "token-service-failed" });
  expect(seen).toEqual([]);
});
