/**
 * The authorizer's policy: data that may grow with the number of clients, so it is an object in a bucket of
 * the API account, pinned by version and SHA-256 (a function's environment holds 4 KB in all).
 *
 * Written by the API stack at deployment, read by the authorizer at cold start. `parseAuthorizerPolicy` refuses
 * keys that it does not know: a condition that an older function would ignore is a door left open.
 */
import { type BackendPolicy, parseBackendPolicy } from "./backend-token.ts";
import type { CaIssuer } from "./ca-outputs.ts";
import { fail, fields, given, list, object, seconds, string } from "./strict-json.ts";
import { parseTokenPolicy, type TokenPolicy } from "./token-policy.ts";

/**
 * What the values of one kind must be. Every value that the certificate has of that kind must satisfy it, and
 * there must be one: a second CN proves nothing. `pattern` is a regular expression over the whole value.
 */
export type ValueRule =
  | { readonly equals: string }
  | { readonly oneOf: readonly string[] }
  | { readonly pattern: string };

/** Kinds of subject alternative name that a rule can ask for. */
export const altNameKinds = ["dns", "ip", "email", "uri"] as const;
export type AltNameKind = (typeof altNameKinds)[number];

/** One certificate, by what no other issuer can imitate. Serial: lower-case hex of the content octets. */
export interface CertificateReference {
  readonly generation: string;
  readonly serial: string;
}

/** All conditions that are there must hold, and one must be there. */
export interface Rule {
  /** Names the rule in audit lines and in the authorizer's context. */
  readonly name: string;
  /** Route keys (`POST /api`) or "all". */
  readonly routes: "all" | readonly string[];
  /** The value of the API key under which these clients are counted and throttled (usage plans). */
  readonly usageKey?: string;
  /** Subject attribute type (CN, O, OU, C …) → what it must be. */
  readonly subject?: Readonly<Record<string, ValueRule>>;
  readonly subjectAltNames?: Readonly<Partial<Record<AltNameKind, ValueRule>>>;
  /** Base64url SHA-256 of the certificate (RFC 8705 `x5t#S256`), any of them. */
  readonly thumbprints?: readonly string[];
  /** Any of these certificates. */
  readonly certificates?: readonly CertificateReference[];
}

export interface AuthorizerPolicy {
  readonly truststore: {
    readonly bucket: string;
    readonly region: string;
    readonly key: string;
    readonly version: string;
    readonly sha256: string;
  };
  readonly issuers: readonly CaIssuer[];
  /** "off": step 2 is skipped; nothing else is (engine "tls", sandboxes only). */
  readonly revocation: "off" | RevocationLimits;
  /** First match decides; no match, no access. */
  readonly rules: readonly Rule[];
  /** Left out: there are no tokens, and a route that asks for scopes answers nobody. */
  readonly tokens?: TokenPolicy;
  /** Left out: there is no backend, and a route to one answers nobody. */
  readonly backend?: BackendPolicy;
}

export interface RevocationLimits {
  /**
   * A CRL older than this is not believed, whatever its nextUpdate says (seconds). Age counts from
   * thisUpdate, which our publisher backdates by 60 s: a CRL is a minute old when it appears, and the
   * configuration's `maxAgeMinutes` includes that minute.
   */
  readonly issuingMaxAgeSeconds: number;
  readonly rootMaxAgeSeconds: number;
  /** How often the bucket is asked for a newer CRL (seconds). */
  readonly refreshSeconds: number;
  /** How long after the last successful contact the last good CRL may serve while the bucket is out of reach. */
  readonly maxOutageSeconds: number;
}

export const policyKey = "authorizer-policy.json";

/** The policy of a JSON text; throws with the path of the first thing that is missing, wrong or unknown. */
export function parseAuthorizerPolicy(text: string): AuthorizerPolicy {
  const root = object(
    JSON.parse(text),
    "policy",
    ["truststore", "issuers", "revocation", "rules"],
    ["tokens", "backend"],
  );
  const truststoreKeys = ["bucket", "region", "key", "version", "sha256"] as const;
  const revocationKeys = [
    "issuingMaxAgeSeconds",
    "rootMaxAgeSeconds",
    "refreshSeconds",
    "maxOutageSeconds",
  ] as const;
  const issuerKeys = [
    "generation",
    "issuingFingerprint",
    "issuingCrlKey",
    "rootFingerprint",
    "rootCrlKey",
  ] as const;
  return {
    truststore: fields(root.truststore, "policy.truststore", truststoreKeys, string),
    issuers: list(root.issuers, "policy.issuers", (one, path) => fields(one, path, issuerKeys, string)),
    revocation:
      root.revocation === "off"
        ? "off"
        : fields(root.revocation, "policy.revocation", revocationKeys, seconds),
    rules: list(root.rules, "policy.rules", parseRule),
    ...given(root.tokens, (it) => ({ tokens: parseTokenPolicy(it, "policy.tokens") })),
    ...given(root.backend, (it) => ({ backend: parseBackendPolicy(it, "policy.backend") })),
  };
}

const conditions = ["subject", "subjectAltNames", "thumbprints", "certificates"] as const;

function parseRule(value: unknown, path: string): Rule {
  const raw = object(value, path, ["name", "routes"], ["usageKey", ...conditions]);
  if (!conditions.some((one) => raw[one] !== undefined))
    return fail(path, `none of ${conditions.join(", ")}`, "at least one condition");
  return {
    name: string(raw.name, `${path}.name`),
    routes: raw.routes === "all" ? "all" : list(raw.routes, `${path}.routes`, string),
    ...given(raw.usageKey, (it) => ({ usageKey: string(it, `${path}.usageKey`) })),
    ...given(raw.subject, (it) => ({ subject: valueRules(it, `${path}.subject`) })),
    ...given(raw.subjectAltNames, (it) => ({
      subjectAltNames: valueRules(it, `${path}.subjectAltNames`, altNameKinds),
    })),
    ...given(raw.thumbprints, (it) => ({ thumbprints: list(it, `${path}.thumbprints`, string) })),
    ...given(raw.certificates, (it) => ({
      certificates: list(it, `${path}.certificates`, (one, at) =>
        fields(one, at, ["generation", "serial"] as const, string),
      ),
    })),
  };
}

function valueRules(
  value: unknown,
  path: string,
  allowed?: readonly string[],
): Readonly<Record<string, ValueRule>> {
  const kinds = allowed ?? Object.keys(object(value, path));
  const raw = object(value, path, [], kinds);
  const present = Object.keys(raw);
  if (present.length === 0) return fail(path, "{}", "at least one entry");
  return Object.fromEntries(present.map((kind) => [kind, valueRule(raw[kind], `${path}.${kind}`)]));
}

function valueRule(value: unknown, path: string): ValueRule {
  const raw = object(value, path, [], ["equals", "oneOf", "pattern"]);
  if (Object.keys(raw).length !== 1)
    return fail(path, Object.keys(raw).join(", "), "exactly one of equals, oneOf, pattern");
  if (raw.equals !== undefined) return { equals: string(raw.equals, `${path}.equals`) };
  if (raw.oneOf !== undefined) return { oneOf: list(raw.oneOf, `${path}.oneOf`, string) };
  const pattern = string(raw.pattern, `${path}.pattern`);
  wholeValue(pattern);
  return { pattern };
}

/** A pattern matches the whole value or not at all. */
export const wholeValue = (pattern: string): RegExp => new RegExp(`^(?:${pattern})$`, "u");
