/**
 * What the CA tells the world: events of its functions' logs that become events of the environment's bus, field by
 * field. A field that is not listed here stays in the log; certificates, requests and messages are not listed.
 */
import type { CaFunction } from "./names.ts";

export const caEventSource = "mtls-api.ca";

interface CaEvent {
  readonly detailType: string;
  readonly fields: readonly string[];
}

const revocation = ["generation", "serial", "subject", "caller", "reason", "revokedAt"] as const;

/** By the name of the log's event. Every detail also says which function and run it comes from. */
export const caEvents: Readonly<Record<string, CaEvent>> = {
  issued: {
    detailType: "Certificate Issued",
    fields: ["generation", "serial", "subject", "profile", "caller", "client", "fingerprint", "notAfter"],
  },
  refused: { detailType: "Request Refused", fields: ["code", "alias"] },
  revoked: { detailType: "Certificate Revoked", fields: revocation },
  "on-hold": { detailType: "Certificate On Hold", fields: revocation },
  released: { detailType: "Certificate Released", fields: revocation },
  "issuing-certificate-revoked": {
    detailType: "Issuing Certificate Revoked",
    fields: ["generation", "serial", "reason", "revokedAt"],
  },
  expiring: {
    detailType: "Certificate Expiring",
    fields: ["generation", "serial", "subject", "profile", "caller", "client", "notAfter", "days"],
  },
  drift: {
    detailType: "Revocation Not In Configuration",
    fields: ["generation", "serial", "subject", "status", "reason", "revokedAt"],
  },
};

/** So many days before a certificate's end its end is told. */
export const expiryDays = [30, 15, 7, 1] as const;

export interface CaNotification {
  readonly detailType: string;
  readonly detail: Readonly<Record<string, string | number | boolean>>;
}

const longest = 1_000;

/** Undefined: the event is nobody's business outside the log. */
export function toNotification(
  event: string,
  fields: Readonly<Record<string, unknown>>,
  run: { readonly function: CaFunction; readonly requestId: string },
): CaNotification | undefined {
  const known = Object.hasOwn(caEvents, event) ? caEvents[event] : undefined;
  if (!known) return undefined;
  const detail: Record<string, string | number | boolean> = { ...run };
  for (const name of known.fields) {
    const value = fields[name];
    if (typeof value === "string") detail[name] = value.slice(0, longest);
    else if (typeof value === "number" || typeof value === "boolean") detail[name] = value;
  }
  return { detailType: known.detailType, detail };
}
