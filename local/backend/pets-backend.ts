/**
 * A backend as a team would write one: it answers whoever brings a backend token that is right (contract/backend-token.ts)
 * and nobody else, and knows its callers by nothing but that. On loopback, with a certificate made for this run.
 *
 * It checks the signature against the published JWKS, issuer, audience, times, and that method and path are those of the
 * request. It does not remember tokens: the same request within their life passes twice.
 */
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:https";
import { createLocalJWKSet, errors, type JSONWebKeySet, jwtVerify } from "jose";
import { backendTokenHeader, backendTokenTimes } from "#contract/backend-token.ts";
import { makeServerCertificate } from "../gateway/server-certificate.ts";
import { close, listen } from "../loopback.ts";

export interface PetsBackendOptions {
  readonly hostName: string;
  readonly issuer: string;
  readonly audience: string;
  /** The JWKS as it is published now, JSON text. */
  readonly readJwks: () => Promise<string>;
}

/**
 * `down`: nothing listens. `silent`: it takes requests and does not answer. `huge`: more than API Gateway takes.
 * `garbage`: what is no HTTP. `breaking`: half of an answer. `redirecting`: elsewhere.
 */
export type Behaviour = "well" | "down" | "silent" | "huge" | "garbage" | "breaking" | "redirecting";

export interface PetsBackend {
  readonly port: number;
  /** PEM of whoever signed its certificate. */
  readonly authority: string;
  /** Requests that reached it, whatever it answered. */
  readonly calls: () => number;
  /** Of the last of them. */
  readonly headers: () => IncomingHttpHeaders;
  readonly behave: (how: Behaviour) => Promise<void>;
  readonly close: () => Promise<void>;
}

interface Pet {
  readonly id: string;
  readonly name: string;
  readonly kind: string;
}

const known: readonly Pet[] = [
  { id: "1", name: "Momo", kind: "cat" },
  { id: "2", name: "Rex", kind: "dog" },
  { id: "3", name: "Pico", kind: "parrot" },
];

/** What one backend holds, while it runs. */
interface Shelf {
  readonly pets: Pet[];
  /** By caller and Idempotency-Key. */
  readonly made: Map<string, Pet>;
}

export async function startPetsBackend(options: PetsBackendOptions): Promise<PetsBackend> {
  const certificate = makeServerCertificate([options.hostName], new Date());
  const [identity] = certificate.identities;
  if (!identity) throw new Error("a certificate for one name has one identity");
  const caller = callers(options);
  const shelf: Shelf = { pets: [...known], made: new Map() };
  let calls = 0;
  let headers: IncomingHttpHeaders = {};
  let now: Behaviour = "well";
  const server = createServer({ key: identity.key, cert: identity.certificate }, (request, response) => {
    calls += 1;
    headers = request.headers;
    if (now === "well" || now === "down")
      void respond(request, response, caller, shelf).catch(() => response.destroy());
    else misbehave[now](request, response);
  });
  const port = await listen(server);
  return {
    port,
    authority: certificate.authority,
    calls: () => calls,
    headers: () => headers,
    behave: async (how) => {
      now = how;
      if (how === "down") await close(server);
      else if (!server.listening) await listen(server, port);
    },
    close: () => close(server),
  };
}

const misbehave: Readonly<
  Record<Exclude<Behaviour, "well" | "down">, (request: IncomingMessage, response: ServerResponse) => void>
> = {
  silent: () => undefined,
  huge: (_, response) => response.writeHead(200).end(Buffer.alloc(11 * 1024 * 1024, 0x20)),
  garbage: (request) => request.socket.end("220 pets.example.com ESMTP ready\r\n"),
  breaking: (request) => request.socket.end("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"),
  redirecting: (_, response) =>
    response.writeHead(302, { Location: "https://elsewhere.example.com/pets" }).end(),
};

type Caller = (request: IncomingMessage) => Promise<{ readonly sub: string } | { readonly refused: string }>;

/** Who calls, by the token alone. A key that is not known yet is looked for once in the JWKS as it is now. */
function callers({ issuer, audience, readJwks }: PetsBackendOptions): Caller {
  let keys: ReturnType<typeof createLocalJWKSet> | undefined;
  const read = async () => createLocalJWKSet(JSON.parse(await readJwks()) as JSONWebKeySet);
  const verify = async (token: string) => {
    keys ??= await read();
    const wanted = {
      ...{ issuer, audience, algorithms: ["ES256"], clockTolerance: 5 },
      maxTokenAge: backendTokenTimes.validSeconds,
      requiredClaims: ["sub", "exp", "iat", "method", "path", "client_certificate_sha256"],
    };
    try {
      return await jwtVerify(token, keys, wanted);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
      keys = await read();
      return await jwtVerify(token, keys, wanted);
    }
  };
  return async (request) => {
    const token = request.headers[backendTokenHeader.toLowerCase()];
    if (typeof token !== "string" || token === "") return { refused: "no token" };
    try {
      const { payload } = await verify(token);
      if (payload.method !== request.method) return { refused: "a token for another method" };
      if (payload.path !== pathOf(request)) return { refused: "a token for another path" };
      return { sub: payload.sub ?? "" };
    } catch (error) {
      return { refused: (error as { code?: string }).code ?? (error as Error).name };
    }
  };
}

const pathOf = (request: IncomingMessage): string => (request.url ?? "").split("?")[0] ?? "";

async function respond(
  request: IncomingMessage,
  response: ServerResponse,
  caller: Caller,
  shelf: Shelf,
): Promise<void> {
  const who = await caller(request);
  if ("refused" in who) return answer(response, 401, { message: who.refused });
  const [, list, id, ...more] = pathOf(request).split("/");
  if (list !== "pets" || more.length > 0) return answer(response, 404, { message: "no such thing" });
  if (request.method === "POST" && id === undefined) return await add(request, response, who.sub, shelf);
  if (request.method !== "GET" && request.method !== "HEAD")
    return answer(response, 405, { message: "these pets are only to be looked at" });
  const { pets } = shelf;
  if (id === undefined) return answer(response, 200, { caller: who.sub, pets });
  const pet = pets.find((one) => one.id === id);
  return pet
    ? answer(response, 200, { caller: who.sub, pet })
    : answer(response, 404, { message: "no such pet" });
}

/**
 * API Gateway has held body and header against the route's row; what it let through is believed. The same key of the
 * same caller is the same pet: a request that is played again makes no second one.
 */
async function add(
  request: IncomingMessage,
  response: ServerResponse,
  caller: string,
  { pets, made }: Shelf,
): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const { name, kind } = JSON.parse(Buffer.concat(chunks).toString("utf8")) as Pet;
  const key = JSON.stringify([caller, request.headers["idempotency-key"]]);
  const before = made.get(key);
  const pet = before ?? { id: String(pets.length + 1), name, kind };
  if (!before) {
    made.set(key, pet);
    pets.push(pet);
  }
  answer(response, before ? 200 : 201, { caller, pet });
}

function answer(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { "Content-Type": "application/json" }).end(JSON.stringify(body));
}
