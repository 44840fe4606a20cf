/**
 * How access tokens are checked, field by field (contract/token-policy.ts says what each kind means). Left out: the
 * API has no tokens, and no routes that ask for scopes. A secret is named here, never written.
 */
import { z } from "zod";
import { kmsKeyArn, secretId } from "./edge.ts";

const text = (most: number) => z.string().min(1, "not empty").max(most, `at most ${most} characters`);

/** An address without credentials, query or fragment; https is asked for by a relation (relations.ts). */
const url = z
  .string()
  .max(300, "at most 300 characters")
  .regex(
    /^https?:\/\/([a-z0-9]([a-z0-9.-]*[a-z0-9])?|\[::1\])(:[1-9]\d{0,4})?(\/[A-Za-z0-9._~/-]*)?$/,
    "a URL in lower case, without credentials, query and fragment, such as https://tokens.example.com/jwks",
  );

const common = {
  /** "exception": 401 and 500, with one static challenge. "policy": always 403, with the exact one. */
  answers: z.enum(["exception", "policy"]).default("exception"),
  /** false: a token that is not bound to a certificate passes too; a binding that is there counts all the same. */
  bound: z.boolean().default(true),
  /** Of the token server's answer. */
  timeoutMilliseconds: z.int().min(100).max(4_000).default(1_500),
};

const claims = {
  /** `iss`, letter by letter. */
  issuer: url,
  /** `aud` must name it. */
  audience: text(300),
  clockToleranceSeconds: z.int().min(0).max(60).default(5),
};

/** In the API's account and region. */
const secret = z.discriminatedUnion(
  "store",
  [
    z.strictObject({
      store: z.literal("secrets-manager"),
      id: secretId,
      /** The secret's own key; left out: aws/secretsmanager. */
      kmsKeyArn: kmsKeyArn.optional(),
    }),
    z.strictObject({
      store: z.literal("parameter-store"),
      id: z
        .string()
        .max(300, "at most 300 characters")
        .regex(
          /^(arn:aws:ssm:[a-z0-9-]+:\d{12}:parameter)?\/[A-Za-z0-9_./-]*[A-Za-z0-9_.-]$/,
          "the name (/tokens/client) or the ARN of a SecureString parameter",
        ),
      /** The parameter's own key; left out: aws/ssm. */
      kmsKeyArn: kmsKeyArn.optional(),
    }),
  ],
  { error: 'one of "secrets-manager", "parameter-store"' },
);

const base64url = z.string().regex(/^[A-Za-z0-9_-]{16,2000}$/, "base64url");
const keyName = { kid: text(200).optional(), use: z.literal("sig").optional() };

/** Public members only: a private one is an unknown key. */
const publicKey = z.discriminatedUnion(
  "kty",
  [
    z.strictObject({
      kty: z.literal("EC"),
      ...{ crv: z.literal("P-256"), x: base64url, y: base64url },
      ...{ ...keyName, alg: z.literal("ES256").optional() },
    }),
    z.strictObject({
      kty: z.literal("RSA"),
      ...{ n: base64url.min(342, "a modulus of 2048 bits or more"), e: z.literal("AQAB") },
      ...{ ...keyName, alg: z.literal("PS256").optional() },
    }),
    z.strictObject({
      kty: z.literal("OKP"),
      ...{ crv: z.literal("Ed25519"), x: base64url },
      ...{ ...keyName, alg: z.literal("EdDSA").optional() },
    }),
  ],
  { error: 'one of "EC", "RSA", "OKP"' },
);

export const tokens = z.discriminatedUnion(
  "kind",
  [
    z.strictObject({
      kind: z.literal("jwt"),
      ...common,
      ...claims,
      keys: z.union([
        z.strictObject({ url }),
        z.strictObject({ static: z.array(publicKey).min(1, "at least one").max(10, "at most 10") }),
      ]),
    }),
    z.strictObject({
      kind: z.literal("introspection"),
      ...common,
      ...claims,
      url,
      client: z.strictObject({ authentication: z.enum(["secret", "mtls"]), id: text(200), secret }),
    }),
    z.strictObject({
      kind: z.literal("authlete"),
      ...common,
      version: z.literal([2, 3]),
      /** JSON: AUTHLETE_BASE_URL, AUTHLETE_SERVICE_APIKEY, AUTHLETE_SERVICE_APISECRET. */
      secret,
      /** Tells what was asked and answered, token and certificate left out. */
      report: z.boolean().default(false),
    }),
  ],
  { error: 'one of "jwt", "introspection", "authlete"' },
);

export type Tokens = z.output<typeof tokens>;
export type TokenSecret = z.output<typeof secret>;

/** The secret that is read at run time. */
export function secretOf(all: Tokens): TokenSecret | undefined {
  if (all.kind === "authlete") return all.secret;
  return all.kind === "introspection" ? all.client.secret : undefined;
}

/** Every URL, with its path below `tokens`. */
export function urlsOf(all: Tokens): { readonly path: readonly string[]; readonly url: string }[] {
  if (all.kind === "authlete") return [];
  const asked =
    all.kind === "introspection"
      ? [{ path: ["url"], url: all.url }]
      : "url" in all.keys
        ? [{ path: ["keys", "url"], url: all.keys.url }]
        : [];
  return [{ path: ["issuer"], url: all.issuer }, ...asked];
}

/** https; in the environment of this machine http to loopback too. */
export function isAllowedUrl(url: string, local: boolean): boolean {
  if (!URL.canParse(url)) return false;
  const { protocol, hostname } = new URL(url);
  if (protocol === "https:") return true;
  return local && ["127.0.0.1", "[::1]", "localhost"].includes(hostname);
}
