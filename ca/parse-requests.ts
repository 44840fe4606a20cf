/**
 * The requests of the CA's functions, from untrusted JSON to their types. Refused ("request", with the path)
 * where anything is missing, wrong or unknown: nothing has been done then.
 */
import {
  type CaConfiguration,
  type CallerConfiguration,
  type GenerationConfiguration,
  generationStatuses,
  type IssueRequest,
  issuingRevocationReasons,
  type ProfileConfiguration,
  type PublishRequest,
  type ReconcileRequest,
  revocationReasons,
} from "#contract/ca-requests.ts";
import { Refused } from "./refusal.ts";
import { RequestFields } from "./request-fields.ts";
import type { RevocationOrder } from "./revocation.ts";
import { wholeSeconds } from "./times.ts";

const generationId = /^g[1-9]\d{0,3}$/;
const slug = /^[a-z][a-z0-9-]{0,30}[a-z0-9]$/;
const keyArn = /^arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key\/[A-Za-z0-9-]{1,64}$/;
const publicUrl = /^https?:\/\/[a-z0-9.-]+(:\d+)?(\/[A-Za-z0-9._~-]+)*$/;
const longestCsr = 16_384;
const longestValidity = 825 * 86_400;

export function parseIssueRequest(value: unknown): IssueRequest {
  return RequestFields.of(value, "", (fields) => ({
    csr: fields.string("csr", longestCsr),
    profile: fields.string("profile", 32, slug, "a profile's name"),
    ...(fields.has("validSeconds")
      ? { validSeconds: fields.integer("validSeconds", 1, longestValidity) }
      : {}),
    ...(fields.has("client") ? { client: fields.string("client", 32, slug, "a client's name") } : {}),
  }));
}

/** An order on one certificate, its serial canonical. */
export interface RevocationRequest {
  readonly generation: string;
  readonly serial: string;
  readonly order: RevocationOrder;
}

export function parseRevokeRequest(value: unknown): RevocationRequest {
  return RequestFields.of(value, "", (fields) => {
    const action = fields.has("action") ? fields.oneOf("action", ["revoke", "release"]) : "revoke";
    const certificate = {
      generation: fields.string("generation", 5, generationId, "a generation such as g1"),
      serial: serial(fields),
    };
    if (action === "release") return { ...certificate, order: { action } };
    const invalidSince = fields.has("invalidSince") ? wholeSeconds(fields.time("invalidSince")) : undefined;
    return {
      ...certificate,
      order: {
        action,
        reason: fields.oneOf("reason", revocationReasons),
        ...(invalidSince ? { invalidSince } : {}),
      },
    };
  });
}

export function parsePublishRequest(value: unknown): PublishRequest {
  return RequestFields.of(value, "", (fields) => ({
    action: fields.oneOf("action", ["publish"]),
    ...(fields.has("onlyWhereDue") ? { onlyWhereDue: fields.boolean("onlyWhereDue") } : {}),
    ...(fields.has("assert")
      ? {
          assert: fields.object("assert", (assertion) => ({
            generation: assertion.string("generation", 5, generationId, "a generation such as g1"),
            serial: serial(assertion),
            listed: assertion.boolean("listed"),
          })),
        }
      : {}),
  }));
}

export type ReconcileOrder =
  | Exclude<ReconcileRequest, { action: "revoke-issuing" }>
  | {
      readonly action: "revoke-issuing";
      readonly generation: string;
      readonly reason: (typeof issuingRevocationReasons)[number];
    };

export function parseReconcileRequest(value: unknown): ReconcileOrder {
  return RequestFields.of<ReconcileOrder>(value, "", (fields) => {
    const action = fields.oneOf("action", ["apply", "renew", "report", "revoke-issuing"]);
    if (action === "renew" || action === "report") return { action };
    if (action === "apply") return { action, configuration: fields.object("configuration", configuration) };
    return {
      action,
      generation: fields.string("generation", 5, generationId, "a generation such as g1"),
      reason: fields.oneOf("reason", issuingRevocationReasons),
    };
  });
}

function configuration(fields: RequestFields): CaConfiguration {
  const result: CaConfiguration = {
    environment: fields.string("environment", 32, slug, "an environment's name"),
    organization: fields.string("organization", 64),
    generations: fields.list("generations", 20, generation),
    profiles: fields.record("profiles", 50, (entries, name) => entries.object(name, profile)),
    callers: fields.list("callers", 100, caller),
    desiredState: fields.object("desiredState", (state) => ({
      sha256: state.string("sha256", 64, /^[0-9a-f]{64}$/, "a SHA-256 in hex"),
    })),
    crl: fields.object("crl", (crl) => ({
      lifetimeHours: crl.integer("lifetimeHours", 1, 24 * 30),
      publishEveryMinutes: crl.integer("publishEveryMinutes", 1, 24 * 60),
      rootLifetimeDays: crl.integer("rootLifetimeDays", 2, 400),
    })),
  };
  const ids = result.generations.map((one) => one.id);
  if (new Set(ids).size !== ids.length)
    throw new Refused("request", `configuration.generations: ids must differ, got ${ids.join(", ")}`);
  const active = result.generations.filter((one) => one.status === "active");
  if (active.length !== 1)
    throw new Refused("request", `configuration.generations: exactly one is active, got ${active.length}`);
  return result;
}

function generation(fields: RequestFields): GenerationConfiguration {
  return {
    id: fields.string("id", 5, generationId, "a generation such as g1"),
    status: fields.oneOf("status", generationStatuses),
    rootKeyArn: fields.string("rootKeyArn", 200, keyArn, "the ARN of a KMS key"),
    issuingKeyArn: fields.string("issuingKeyArn", 200, keyArn, "the ARN of a KMS key"),
    ...(fields.has("retireWithValidCertificates")
      ? { retireWithValidCertificates: fields.boolean("retireWithValidCertificates") }
      : {}),
    ...(fields.has("publicUrl")
      ? {
          publicUrl: fields.string(
            "publicUrl",
            200,
            publicUrl,
            "an https or http URL without a slash at its end",
          ),
        }
      : {}),
  };
}

function caller(fields: RequestFields): CallerConfiguration {
  return {
    name: fields.string("name", 32, slug, "a caller's name"),
    profiles: fields.strings("profiles", 50),
    names: fields.strings("names", 50),
    mayRevoke: fields.boolean("mayRevoke"),
  };
}

function profile(fields: RequestFields): ProfileConfiguration {
  return {
    maxDays: fields.integer("maxDays", 1, 825),
    keyTypes: fields.strings("keyTypes", 10),
    subject: fields.object("subject", (subject) => ({
      allowed: subject.strings("allowed", 20),
      required: subject.strings("required", 20),
      fixed: subject.record("fixed", 20, (entries, name) => entries.string(name, 256)),
    })),
    subjectAltNames: fields.list("subjectAltNames", 50, (san) => ({
      kind: san.string("kind", 10),
      pattern: san.string("pattern", 200),
    })),
    extendedKeyUsage: fields.strings("extendedKeyUsage", 10),
  };
}

/** Content octets, never decimal: digits alone would be ambiguous. */
const serial = (fields: RequestFields): string =>
  fields.string("serial", 42, /^([0-9a-f]{2}){1,21}$/, "lower-case hex of the serial's content octets");
