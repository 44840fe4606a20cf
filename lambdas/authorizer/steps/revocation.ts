/**
 * Step 2: neither the certificate nor the one that issued it is revoked, by lists that can be believed now.
 *
 * Good is said only by a list that is there, verified, fresh and wholly understood; anything else is unknown, and
 * unknown denies. A revocation found in either list wins over an unknown in the other.
 */
import type { AuthorizerPolicy } from "#contract/authorizer-policy.ts";
import { lookUp } from "#pki/crl/look-up.ts";
import type { OpenedCrl } from "#pki/crl/open.ts";
import { deny, type Outcome, pass } from "../decision.ts";
import type { Identified } from "./certificate.ts";

/** What the CRL source can say of one list: the list, or why there is none. */
export type CrlState = { readonly crl: OpenedCrl } | { readonly unknown: string };

export interface Crls {
  readonly issuing: CrlState;
  readonly root: CrlState;
}

/** `crls` is "off" where the policy says so, and only there: a CA that makes no lists. */
export function revocation(
  { certificate, issuer }: Pick<Identified, "certificate" | "issuer">,
  crls: Crls | "off",
  limits: AuthorizerPolicy["revocation"],
  now: Date,
): Outcome<"good" | "off"> {
  if (limits === "off") return pass("off");
  if (crls === "off") return deny("revocation-unknown", "no lists");
  const leaf = verdict(crls.issuing, certificate, now, limits.issuingMaxAgeSeconds);
  const issuing = verdict(crls.root, issuer.issuing, now, limits.rootMaxAgeSeconds);
  if (leaf.status === "revoked") return deny("revoked", leaf.reason);
  if (issuing.status === "revoked") return deny("issuer-revoked", issuing.reason);
  if (leaf.status === "unknown") return deny("revocation-unknown", `issuing CRL: ${leaf.code}`);
  if (issuing.status === "unknown") return deny("revocation-unknown", `root CRL: ${issuing.code}`);
  return pass("good");
}

function verdict(state: CrlState, certificate: Identified["certificate"], now: Date, maxAgeSeconds: number) {
  if ("unknown" in state) return { status: "unknown", code: state.unknown } as const;
  return lookUp(state.crl, certificate, now, maxAgeSeconds);
}
