/**
 * The clients and revocations that the configuration wants, from the bucket. The object is believed only when its
 * hash is the one that came with the configuration: whoever can write the bucket cannot ask for a certificate.
 */
import { createHash } from "node:crypto";
import { revocationReasons } from "#contract/ca-requests.ts";
import {
  type DesiredClient,
  type DesiredRevocation,
  type DesiredState,
  mostClients,
  mostRevocations,
} from "#contract/desired-state.ts";
import { externalKeys } from "#contract/external-bucket.ts";
import type { ExternalBucket } from "./ports.ts";
import { Refused } from "./refusal.ts";
import { RequestFields } from "./request-fields.ts";

const slug = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;

/** Refused ("desired-state") when it is not there or not the one that was meant; ("request") when it is malformed. */
export async function readDesiredState(
  bucket: ExternalBucket,
  { sha256 }: { readonly sha256: string },
): Promise<DesiredState> {
  const object = await bucket.get(externalKeys.desiredState);
  if (!object)
    throw new Refused(
      "desired-state",
      `${externalKeys.desiredState} cannot be read: deploy the CA stack again`,
    );
  const found = createHash("sha256").update(object.body).digest("hex");
  if (found !== sha256)
    throw new Refused(
      "desired-state",
      `${externalKeys.desiredState} (version ${object.version}) has SHA-256 ${found}, wanted is ${sha256}: it is of a deployment that was refused, or somebody else's doing; deploy again`,
    );
  return parse(JSON.parse(object.body.toString("utf8")));
}

function parse(value: unknown): DesiredState {
  return RequestFields.of(value, externalKeys.desiredState, (fields) => ({
    clients: fields.record("clients", mostClients, (entries, name) => {
      if (!slug.test(name))
        throw new Refused(
          "request",
          `${externalKeys.desiredState}: ${JSON.stringify(name)} is no client's name`,
        );
      return entries.object(name, client);
    }),
    revoked: fields.list("revoked", mostRevocations, revocation),
  }));
}

function client(fields: RequestFields): DesiredClient {
  return {
    csr: fields.string("csr", 16_384),
    profile: fields.string("profile", 32, slug, "a profile's name"),
    ...(fields.has("validDays") ? { validDays: fields.integer("validDays", 1, 825) } : {}),
    ...(fields.has("released") && fields.boolean("released") ? { released: true as const } : {}),
  };
}

function revocation(fields: RequestFields): DesiredRevocation {
  return {
    generation: fields.string("generation", 5, /^g[1-9]\d{0,3}$/, "a generation such as g1"),
    serial: fields.string(
      "serial",
      42,
      /^([0-9a-f]{2}){1,21}$/,
      "lower-case hex of the serial's content octets",
    ),
    reason: fields.oneOf(
      "reason",
      revocationReasons.filter((one) => one !== "certificateHold"),
    ),
    ...(fields.has("invalidSince") ? { invalidSince: fields.time("invalidSince").toISOString() } : {}),
  };
}
