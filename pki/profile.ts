/**
 * What a profile makes of a request: either exactly what a leaf may be built from, or PkiError "profile" with
 * every reason at once. Nothing is cut, dropped or corrected silently.
 *
 * The profile is the configuration's (contract's ProfileConfiguration has the same shape). Who may use it, and
 * for which names, is decided by the caller.
 */
import type { Certificate } from "./certificate.ts";
import type { Csr } from "./csr.ts";
import { PkiError } from "./errors.ts";
import type { KeyUsage } from "./extensions.ts";
import { encodeGeneralName, type SubjectAltName } from "./general-names.ts";
import type { KeyPurpose } from "./issue.ts";
import { encodeName, type NameAttribute } from "./name.ts";
import { extensionOids, keyPurposeOids } from "./oids.ts";
import type { PublicKey } from "./public-key.ts";

export interface Profile {
  /** Longest validity, from the moment of issuing. */
  readonly maxDays: number;
  /** RSA-2048, RSA-3072, RSA-4096, P-256, P-384. */
  readonly keyTypes: readonly string[];
  readonly subject: {
    readonly allowed: readonly string[];
    readonly required: readonly string[];
    /** Set by the CA whether asked for or not; asking for another value is refused. */
    readonly fixed: Readonly<Record<string, string>>;
  };
  /** A name must match one pattern of its kind, from its first character to its last. */
  readonly subjectAltNames: readonly { readonly kind: string; readonly pattern: string }[];
  /** clientAuth, serverAuth: granted when nothing is asked for; a request may ask for fewer. */
  readonly extendedKeyUsage: readonly string[];
}

export interface ApplyOptions {
  readonly profile: Profile;
  readonly csr: Csr;
  readonly issuer: Certificate;
  readonly now: Date;
  /** The profile's longest when left out. */
  readonly validSeconds?: number;
}

/** What prepareLeaf takes, but for serial, issuer and locations. */
export interface LeafContent {
  readonly publicKey: PublicKey;
  readonly subject: readonly NameAttribute[];
  readonly subjectAltNames: readonly SubjectAltName[];
  readonly extendedKeyUsage: readonly KeyPurpose[];
  readonly notBefore: Date;
  readonly notAfter: Date;
}

/** Backdating: the clock of whoever checks may be behind by as much. */
const skewSeconds = 60;
const daySeconds = 24 * 3600;

/** From general to specific; a certificate's subject is always in this order, whatever the request's was. */
const subjectOrder = ["DC", "C", "ST", "L", "O", "OU", "CN", "UID", "serialNumber", "emailAddress"];
/** A second value of any other type would let one rule see one client and the next another. */
const repeatable = new Set(["DC"]);

/** Extensions that may be asked for and are always set by the CA itself. */
const ignoredWishes = new Set<string>([extensionOids.subjectKeyIdentifier]);
const caUsages: readonly KeyUsage[] = ["keyCertSign", "cRLSign"];

export function applyProfile(options: ApplyOptions): LeafContent {
  const problems: string[] = [];
  const content = readRequest(options.profile, options.csr, problems);
  const validity = readValidity(options, problems);
  if (problems.length > 0) throw new PkiError("profile", problems.join("; "), { problems: problems.length });
  return { ...content, ...validity };
}

/** Why the profile would refuse a request, as far as that can be said before there is an issuer. */
export function requestProblems(profile: Profile, csr: Csr): readonly string[] {
  const problems: string[] = [];
  readRequest(profile, csr, problems);
  return problems;
}

function readRequest(
  profile: Profile,
  csr: Csr,
  problems: string[],
): Omit<LeafContent, "notBefore" | "notAfter"> {
  const subject = readSubject(profile, csr, problems);
  const subjectAltNames = readAltNames(profile, csr, problems);
  const extendedKeyUsage = readPurposes(profile, csr, problems);
  checkKey(profile, csr, problems);
  checkWishes(csr, problems);
  if (subject.length === 0 && subjectAltNames.length === 0)
    problems.push("neither a subject nor an alternative name: nobody could tell whose certificate it is");
  return { publicKey: csr.publicKey, subject, subjectAltNames, extendedKeyUsage };
}

function readSubject(profile: Profile, csr: Csr, problems: string[]): NameAttribute[] {
  const { allowed, required, fixed } = profile.subject;
  if (csr.subject.rdns.some((rdn) => rdn.length > 1))
    problems.push("the subject has an RDN of several attributes; write them as RDNs of their own");
  const wanted = csr.subject.attributes;
  for (const { type, value } of wanted) {
    const fixedValue = Object.hasOwn(fixed, type) ? fixed[type] : undefined;
    if (fixedValue !== undefined && value !== fixedValue)
      problems.push(`subject ${type} is ${quoted(value)}; the profile fixes ${quoted(fixedValue)}`);
    if (fixedValue === undefined && !allowed.includes(type))
      problems.push(
        `subject ${type} is not allowed; allowed are ${listed([...allowed, ...Object.keys(fixed)])}`,
      );
  }
  const attributes = [
    ...wanted.filter(({ type }) => !Object.hasOwn(fixed, type)),
    ...Object.entries(fixed).map(([type, value]) => ({ type, value })),
  ].sort((a, b) => position(a.type) - position(b.type));
  for (const type of new Set(wanted.map((attribute) => attribute.type)))
    if (!repeatable.has(type) && wanted.filter((attribute) => attribute.type === type).length > 1)
      problems.push(`subject ${type} stands there more than once`);
  for (const type of required)
    if (!attributes.some((attribute) => attribute.type === type))
      problems.push(`subject ${type} is missing; the profile requires ${listed(required)}`);
  for (const attribute of attributes)
    collect(problems, () => {
      encodeName([attribute]);
    });
  return attributes;
}

function readAltNames(profile: Profile, csr: Csr, problems: string[]): SubjectAltName[] {
  const names: SubjectAltName[] = [];
  for (const { kind, value } of csr.subjectAltNames) {
    const patterns = profile.subjectAltNames.filter((rule) => rule.kind === kind).map((rule) => rule.pattern);
    if (kind === "other" || patterns.length === 0)
      problems.push(`alternative names of kind ${kind} are not allowed (${quoted(value.slice(0, 100))})`);
    else if (!patterns.some((pattern) => new RegExp(`^(?:${pattern})$`, "u").test(value)))
      problems.push(`alternative name ${kind}:${quoted(value)} matches none of ${listed(patterns)}`);
    else if (names.some((name) => name.kind === kind && name.value === value))
      problems.push(`alternative name ${kind}:${quoted(value)} stands there twice`);
    else
      collect(problems, () => {
        encodeGeneralName({ kind, value });
        names.push({ kind, value });
      });
  }
  return names;
}

function readPurposes(profile: Profile, csr: Csr, problems: string[]): KeyPurpose[] {
  const wanted = csr.requestedExtensions.extendedKeyUsage ?? profile.extendedKeyUsage;
  const purposes: KeyPurpose[] = [];
  for (const purpose of new Set(wanted))
    if (isKeyPurpose(purpose) && profile.extendedKeyUsage.includes(purpose)) purposes.push(purpose);
    else
      problems.push(
        `extended key usage ${purpose} is not allowed; allowed are ${listed(profile.extendedKeyUsage)}`,
      );
  if (wanted.length === 0) problems.push("a leaf needs an extended key usage, and the profile has none");
  return purposes;
}

function readValidity(
  { profile, issuer, now, validSeconds }: ApplyOptions,
  problems: string[],
): Pick<LeafContent, "notBefore" | "notAfter"> {
  const longest = profile.maxDays * daySeconds;
  const seconds = validSeconds ?? longest;
  const wholeNow = Math.floor(now.getTime() / 1000) * 1000;
  const notBefore = new Date(wholeNow - skewSeconds * 1000);
  const legal = Number.isSafeInteger(seconds) && seconds >= 1 && seconds <= longest;
  if (!legal) problems.push(`validity of ${seconds} seconds; whole seconds from 1 to ${longest} are allowed`);
  const notAfter = new Date(wholeNow + (legal ? seconds : 1) * 1000);
  const left = Math.floor((issuer.notAfter.getTime() - wholeNow) / 1000);
  if (legal && notAfter > issuer.notAfter)
    problems.push(
      `validity of ${seconds} seconds outlives the issuing certificate, which has ${Math.max(0, left)} left; ask for fewer or rotate`,
    );
  // The seconds before it began to be valid are not the leaf's either.
  return { notBefore: notBefore < issuer.notBefore ? issuer.notBefore : notBefore, notAfter };
}

function checkKey(profile: Profile, csr: Csr, problems: string[]): void {
  if (!profile.keyTypes.includes(csr.publicKey.keyType))
    problems.push(`key type ${csr.publicKey.keyType}; allowed are ${listed(profile.keyTypes)}`);
}

function checkWishes(csr: Csr, problems: string[]): void {
  const { basicConstraints, keyUsage, others } = csr.requestedExtensions;
  if (basicConstraints?.ca) problems.push("the request asks to become a CA");
  // Other usages are set by the key type; these two would make it a CA by another door.
  for (const usage of caUsages)
    if (keyUsage?.has(usage)) problems.push(`the request asks for key usage ${usage}`);
  for (const oid of others)
    if (!ignoredWishes.has(oid))
      problems.push(`the request asks for extension ${oid}, which no profile grants`);
}

function collect(problems: string[], attempt: () => void): void {
  try {
    attempt();
  } catch (error) {
    if (!(error instanceof PkiError)) throw error;
    problems.push(error.message);
  }
}

const isKeyPurpose = (text: string): text is KeyPurpose => Object.hasOwn(keyPurposeOids, text);
const position = (type: string) => {
  const index = subjectOrder.indexOf(type);
  return index < 0 ? subjectOrder.length : index;
};
const quoted = (text: string) => JSON.stringify(text);
const listed = (all: readonly string[]) => (all.length > 0 ? all.join(", ") : "none");
