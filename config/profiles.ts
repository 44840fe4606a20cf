/** Certificate profiles that environments share. What a profile does not allow is not issued. */
import type { EnvironmentInput } from "./environment.ts";

type Profile = NonNullable<EnvironmentInput["ca"]["profiles"]>[string];

/** A partner's client: CN names it, OU says what it may do, O is always ours. */
export const clientProfile = (organization: string): Profile => ({
  maxDays: 397,
  keyTypes: ["P-256", "P-384", "RSA-2048", "RSA-3072"],
  subject: { allowed: ["CN", "OU"], required: ["CN", "OU"], fixed: { O: organization } },
  subjectAltNames: [],
  extendedKeyUsage: ["clientAuth"],
});

/** Servers inside the company; such a certificate opens no API (the authorizer wants clientAuth). */
export const serverProfile = (organization: string): Profile => ({
  maxDays: 90,
  keyTypes: ["P-256", "RSA-2048"],
  subject: { allowed: ["CN", "OU"], required: ["CN"], fixed: { O: organization } },
  subjectAltNames: [{ kind: "dns", pattern: "[a-z0-9-]+\\.internal\\.example\\.com" }],
  extendedKeyUsage: ["serverAuth"],
});
