/** A hierarchy made for one test file; keys live in memory only. */
import { generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { type Certificate, parseCertificate } from "#pki/certificate.ts";
import type { SubjectAltName } from "#pki/general-names.ts";
import { type KeyPurpose, prepareIssuing, prepareLeaf, prepareRoot } from "#pki/issue.ts";
import type { NameAttribute } from "#pki/name.ts";
import { encodePem } from "#pki/pem.ts";
import { parsePublicKey } from "#pki/public-key.ts";
import { randomSerial } from "#pki/serial.ts";
import { attachSignature, type Unsigned } from "#pki/unsigned.ts";
import { rewriteDer } from "../../../support/rewrite-der.ts";

export interface Identity {
  readonly certificate: Certificate;
  readonly privateKey: KeyObject;
  /** PEM; for a client that sends its chain, more than one. */
  readonly cert: string;
  readonly key: string;
}

export interface LeafWishes {
  readonly subject?: readonly NameAttribute[];
  readonly subjectAltNames?: readonly SubjectAltName[];
  readonly extendedKeyUsage?: readonly KeyPurpose[];
  readonly serial?: string;
  readonly notBefore?: Date;
  readonly notAfter?: Date;
}

export interface Authority {
  readonly root: Identity;
  readonly issuing: Identity;
  /** Root and issuing certificate. */
  readonly truststore: string;
  issue(wishes?: LeafWishes): Identity;
}

const day = 86_400_000;
export const daysFromNow = (days: number): Date => new Date(Date.now() + days * day);

/** Two authorities of the same `name` bear the same names and have other keys. */
export function makeAuthority(name: string): Authority {
  const dates = { notBefore: daysFromNow(-400), notAfter: daysFromNow(400) };
  const rootKey = keyPair();
  const root = identity(
    prepareRoot({
      publicKey: rootKey.publicKey,
      subject: dn(`${name} Root`),
      serial: randomSerial(),
      ...dates,
    }),
    rootKey.privateKey,
    rootKey.privateKey,
  );
  const issuing = makeIssuing(`${name} Issuing`, root);
  const truststore = issuing.cert + root.cert;
  return { root, issuing, truststore, issue: (wishes) => issueFrom(issuing, wishes) };
}

export function makeIssuing(name: string, root: Identity): Identity {
  const { publicKey, privateKey } = keyPair();
  const unsigned = prepareIssuing({
    issuer: root.certificate,
    publicKey,
    subject: dn(name),
    serial: randomSerial(),
    notBefore: daysFromNow(-400),
    notAfter: daysFromNow(399),
  });
  return identity(unsigned, privateKey, root.privateKey);
}

export function issueFrom(issuing: Identity, wishes: LeafWishes = {}): Identity {
  const { publicKey, privateKey } = keyPair();
  const unsigned = prepareLeaf({
    issuer: issuing.certificate,
    publicKey,
    subject: wishes.subject ?? [...dn("client-a"), { type: "OU", value: "Partners" }],
    subjectAltNames: wishes.subjectAltNames ?? [],
    extendedKeyUsage: wishes.extendedKeyUsage ?? ["clientAuth"],
    serial: wishes.serial ?? randomSerial(),
    notBefore: wishes.notBefore ?? daysFromNow(-1),
    notAfter: wishes.notAfter ?? daysFromNow(30),
  });
  return identity(unsigned, privateKey, issuing.privateKey);
}

/** A leaf whose CN is any text at all: our writer would refuse it, another CA's software may not. */
export function issueNamed(issuing: Identity, commonName: string): Identity {
  const leaf = issueFrom(issuing, { subject: [{ type: "CN", value: "Z".repeat(8) }] });
  const tbs = rewriteDer(leaf.certificate.tbs, Buffer.from("Z".repeat(8)), Buffer.from(commonName, "utf8"));
  const der = attachSignature(
    { tbs, algorithm: leaf.certificate.algorithm },
    sign("sha256", tbs, issuing.privateKey),
  );
  return { ...leaf, cert: encodePem("CERTIFICATE", der) };
}

/** Signs certificates although its own says that it is no CA: our writer would refuse, a thief's would not. */
export function asIfItWereACa(identity: Identity): Identity {
  const certificate: Certificate = Object.create(identity.certificate, {
    basicConstraints: { value: { ca: true } },
    keyUsage: { value: new Set(["keyCertSign"]) },
    extendedKeyUsage: { value: undefined },
    notBefore: { value: daysFromNow(-400) },
    notAfter: { value: daysFromNow(400) },
  });
  return { ...identity, certificate };
}

/** A root that nobody knows, used as a client's certificate. */
export function makeSelfSigned(name: string): Identity {
  return makeAuthority(name).root;
}

const dn = (commonName: string): NameAttribute[] => [
  { type: "CN", value: commonName },
  { type: "O", value: "Example Ltd" },
];

function identity(unsigned: Unsigned, own: KeyObject, signer: KeyObject): Identity {
  const der = attachSignature(unsigned, sign("sha256", unsigned.tbs, signer));
  return {
    certificate: parseCertificate(der),
    privateKey: own,
    cert: encodePem("CERTIFICATE", der),
    key: own.export({ type: "pkcs8", format: "pem" }) as string,
  };
}

function keyPair() {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  return { publicKey: parsePublicKey(publicKey.export({ type: "spki", format: "der" })), privateKey };
}
