/**
 * The life of a revocation: what an order makes of what the ledger holds. Pure.
 *
 * hold → revoked is final; release only from hold; the first reason and time of a revocation are kept for ever,
 * so that running an order twice changes nothing.
 */
import type { RevocationReason } from "#contract/ca-requests.ts";
import type { Revocation as CrlEntry } from "#pki/crl/entry.ts";
import type { CrlReason } from "#pki/crl/reasons.ts";
import { Refused } from "./refusal.ts";
import { addSeconds } from "./times.ts";

/** `cACompromise` is for issuing certificates, which only the root revokes. */
export type Reason = RevocationReason | "cACompromise";

export interface Revocation {
  readonly serial: string;
  readonly state: "revoked" | "on-hold" | "released";
  readonly reason: Reason;
  /** When it was processed; on hold: when it was put on hold. */
  readonly revokedAt: Date;
  readonly invalidSince?: Date;
  readonly releasedAt?: Date;
  /** The end of the certificate: until then the CRL must show it. */
  readonly notAfter: Date;
  /** Grows with every change; writes are compared by it. */
  readonly revision: number;
}

export type RevocationOrder =
  | { readonly action: "revoke"; readonly reason: Reason; readonly invalidSince?: Date }
  | { readonly action: "release" };

/** What the ledger must hold after the order; the same object where nothing changes. */
export function applyOrder(
  current: Revocation | undefined,
  order: RevocationOrder,
  certificate: { readonly serial: string; readonly notAfter: Date },
  now: Date,
): Revocation {
  return order.action === "release" ? release(current, certificate.serial, now) : revoke();

  function revoke(): Revocation {
    const { reason, invalidSince } = order as Extract<RevocationOrder, { action: "revoke" }>;
    if (current?.state === "revoked") return current;
    if (current?.state === "on-hold" && reason === "certificateHold") return current;
    return {
      serial: certificate.serial,
      state: reason === "certificateHold" ? "on-hold" : "revoked",
      reason,
      revokedAt: now,
      ...(invalidSince ? { invalidSince } : {}),
      notAfter: certificate.notAfter,
      revision: (current?.revision ?? 0) + 1,
    };
  }
}

function release(current: Revocation | undefined, serial: string, now: Date): Revocation {
  if (current?.state === "released") return current;
  if (current?.state === "revoked")
    throw new Refused(
      "revoked-is-final",
      `${serial} is revoked (${current.reason}): only a hold can be released`,
    );
  if (!current) throw new Refused("not-on-hold", `${serial} is not on hold`);
  return { ...current, state: "released", releasedAt: now, revision: current.revision + 1 };
}

/** Beyond its certificate's end and one publishing period more, an entry may go (RFC 5280 3.3). */
export const isOver = (one: Revocation, now: Date, keepExpiredSeconds: number): boolean =>
  addSeconds(one.notAfter, keepExpiredSeconds) < now;

/** Whether the CRL must show it. */
export const isListed = (one: Revocation, now: Date, keepExpiredSeconds: number): boolean =>
  one.state !== "released" && !isOver(one, now, keepExpiredSeconds);

/** As the CRL shows it; "unspecified" is written by leaving the reason out (RFC 5280 5.3.1). */
export const toCrlEntry = ({ serial, reason, revokedAt, invalidSince }: Revocation): CrlEntry => ({
  serial,
  revokedAt,
  ...(reason === "unspecified" ? {} : { reason: reason satisfies CrlReason }),
  ...(invalidSince ? { invalidSince } : {}),
});

/**
 * Whether the ledger explains why a new CRL may not show an entry of the old one as it was: released after the
 * old one showed the hold, or over. A ledger that has never heard of it, or remembers less, is an older ledger.
 */
export function mayLeave(
  old: CrlEntry,
  one: Revocation | undefined,
  now: Date,
  keepExpiredSeconds: number,
): boolean {
  if (!one) return false;
  if (isOver(one, now, keepExpiredSeconds)) return true;
  const wasHold = old.reason === "certificateHold";
  if (one.state === "released")
    return wasHold && one.releasedAt !== undefined && one.releasedAt >= old.revokedAt;
  return one.state === "revoked" || wasHold;
}
