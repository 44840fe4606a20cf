/**
 * Authlete's introspection, as its documentation describes it: version 2 by HTTP Basic, version 3 under the service's
 * id by a bearer token. It judges token, scopes and certificate, and says which action to take.
 *
 * For tests only, on loopback: Authlete itself is a service elsewhere. What it knows of a token is what it was told.
 */
import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { decodeOnePem } from "#pki/pem.ts";
import { close, listen } from "../loopback.ts";

export interface AuthleteToken {
  readonly scopes: readonly string[];
  readonly subject: string | null;
  readonly clientId: number;
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
  /** Base64url SHA-256 of the certificate that it is bound to. */
  readonly certificateThumbprint?: string;
}

export type AuthleteAction = "OK" | "BAD_REQUEST" | "UNAUTHORIZED" | "FORBIDDEN" | "INTERNAL_SERVER_ERROR";

export interface LocalAuthlete {
  readonly baseUrl: string;
  readonly apiKey: string;
  readonly apiSecret: string;
  readonly tokens: Map<string, AuthleteToken>;
  /** Said whatever is asked, while it is set. */
  always: AuthleteAction | undefined;
  readonly close: () => Promise<void>;
}

/** What Authlete writes for each action, and the challenge that goes to the client. */
const results = {
  OK: ["A056001", "The access token is valid.", 'Bearer error="invalid_request"'],
  BAD_REQUEST: ["A056201", "The request contains no access token.", 'Bearer error="invalid_request"'],
  UNAUTHORIZED: [
    "A056301",
    "The access token does not exist or has expired.",
    'Bearer error="invalid_token"',
  ],
  FORBIDDEN: [
    "A056305",
    "The access token does not cover the scopes.",
    'Bearer error="insufficient_scope",scope="time:query"',
  ],
  INTERNAL_SERVER_ERROR: ["A056101", "Authlete failed.", 'Bearer error="server_error"'],
} as const satisfies Record<AuthleteAction, readonly [code: string, message: string, content: string]>;

export const challengeOf = (action: AuthleteAction): string => results[action][2];

export async function startLocalAuthlete(): Promise<LocalAuthlete> {
  const apiKey = String(randomBytes(4).readUInt32BE());
  const apiSecret = randomBytes(24).toString("base64url");
  const server = createServer((request, response) => void answer(request, response, authlete));
  const authlete: LocalAuthlete = {
    ...{ apiKey, apiSecret, tokens: new Map(), always: undefined, close: () => close(server) },
    baseUrl: `http://127.0.0.1:${await listen(server)}`,
  };
  return authlete;
}

async function answer(request: IncomingMessage, response: ServerResponse, at: LocalAuthlete): Promise<void> {
  const { apiKey, apiSecret } = at;
  const credentials = {
    "/api/auth/introspection": `Basic ${Buffer.from(`${apiKey}:${apiSecret}`).toString("base64")}`,
    [`/api/${apiKey}/auth/introspection`]: `Bearer ${apiSecret}`,
  }[request.url ?? ""];
  let body = "";
  for await (const part of request) body += part;
  const say = (status: number, json: object) =>
    void response.writeHead(status, { "Content-Type": "application/json" }).end(JSON.stringify(json));
  if (credentials === undefined || request.method !== "POST") return say(404, { resultCode: "A001201" });
  if (!isEqual(request.headers.authorization ?? "", credentials)) return say(401, { resultCode: "A001202" });
  const asked = JSON.parse(body) as Asked;
  const known = at.tokens.get(asked.token ?? "");
  const action = at.always ?? judge(asked, known);
  const [resultCode, resultMessage, responseContent] = results[action];
  const told =
    known && action !== "UNAUTHORIZED" ? { ...known, existent: true, usable: action === "OK" } : {};
  say(200, { type: "introspectionResponse", action, resultCode, resultMessage, responseContent, ...told });
}

interface Asked {
  readonly token?: string;
  readonly scopes?: readonly string[];
  readonly clientCertificate?: string;
}

function judge({ token, scopes = [], clientCertificate }: Asked, known: AuthleteToken | undefined) {
  if (token === undefined || token === "") return "BAD_REQUEST";
  if (!known || known.expiresAt <= Date.now()) return "UNAUTHORIZED";
  if (!scopes.every((one) => known.scopes.includes(one))) return "FORBIDDEN";
  const bound = known.certificateThumbprint;
  if (bound !== undefined && bound !== thumbprintOf(clientCertificate)) return "UNAUTHORIZED";
  return "OK";
}

const thumbprintOf = (pem: string | undefined): string | undefined =>
  pem === undefined
    ? undefined
    : createHash("sha256").update(decodeOnePem(pem, "CERTIFICATE")).digest("base64url");

const isEqual = (a: string, b: string): boolean =>
  a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));
