/**
 * What a caller may ask for. Who calls is told by the alias that was invoked, never by the payload; what the alias
 * stands for is told by the configuration that ca-reconcile saved. An alias that nobody configured may do nothing.
 */
import type { CaConfiguration, CallerConfiguration } from "#contract/ca-requests.ts";
import { caAliases } from "#contract/names.ts";
import type { NameAttribute } from "#pki/name.ts";
import { Refused } from "./refusal.ts";

export type Permissions =
  /** Operators and ca-reconcile: whatever a profile allows. */
  | { readonly caller: string; readonly limits: "none" }
  | { readonly caller: string; readonly limits: CallerConfiguration };

/** Refused ("caller") when the name stands for nobody. */
export function permissionsOf(configuration: CaConfiguration | undefined, caller: string): Permissions {
  if (caller === caAliases.operator || caller === caAliases.reconcile) return { caller, limits: "none" };
  const limits = configuration?.callers.find((one) => one.name === caller);
  if (!limits) throw new Refused("caller", `no caller "${caller}" in the configuration`);
  return { caller, limits };
}

export function assertMayUseProfile({ caller, limits }: Permissions, profile: string): void {
  if (limits === "none" || limits.profiles.includes(profile)) return;
  throw new Refused(
    "not-permitted",
    `${caller} may ask for ${limits.profiles.join(", ")}, not for profile "${profile}"`,
  );
}

export interface Names {
  readonly subject: readonly NameAttribute[];
  readonly subjectAltNames: readonly { readonly kind: string; readonly value: string }[];
}

/** Every name by which somebody could be taken for somebody else: common names and alternative names. */
export function assertMayName({ caller, limits }: Permissions, names: Names): void {
  if (limits === "none") return;
  const wanted = [
    ...names.subject.filter((one) => one.type === "CN").map((one) => one.value),
    ...names.subjectAltNames.map((one) => one.value),
  ];
  const patterns = limits.names.map((one) => new RegExp(`^(?:${one})$`, "u"));
  const wrong = wanted.filter((name) => !patterns.some((pattern) => pattern.test(name)));
  if (wanted.length > 0 && wrong.length === 0) return;
  throw new Refused(
    "not-permitted",
    `${caller} may ask for names that match ${limits.names.join(" or ")}, got ${wrong.length > 0 ? wrong.map((one) => JSON.stringify(one)).join(", ") : "no name at all"}`,
  );
}

/** A configured caller takes back only what was issued to it. */
export function assertMayRevoke(
  { caller, limits }: Permissions,
  certificate: { readonly serial: string; readonly caller?: string },
): void {
  if (limits === "none" || (limits.mayRevoke && certificate.caller === caller)) return;
  throw new Refused(
    "not-permitted",
    limits.mayRevoke
      ? `${certificate.serial} was not issued to ${caller}`
      : `${caller} may not revoke: mayRevoke is not set`,
  );
}
