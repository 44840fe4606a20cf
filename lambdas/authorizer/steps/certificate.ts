/**
 * Step 1: the certificate is one that our CA made for a client, and is valid now.
 *
 * API Gateway accepts a client of any CA in the truststore, and of any CA below those; here the signature must
 * verify under an issuing certificate that the policy pins by hash. A name or a key identifier proves nothing:
 * another CA of the truststore can make a CA that bears ours. A root is no issuer, so it issues no clients.
 */
import { type Certificate, parseCertificate, thumbprint } from "#pki/certificate.ts";
import { PkiError } from "#pki/errors.ts";
import { decodeOnePem } from "#pki/pem.ts";
import { isSignedBy } from "#pki/pinned-issuers.ts";
import { type Client, deny, type Outcome, pass } from "../decision.ts";
import type { Issuer } from "../trust.ts";

export interface Identified {
  readonly certificate: Certificate;
  readonly issuer: Issuer;
  readonly client: Client;
}

/** Far above any client's certificate; API Gateway itself takes a few KB. */
const maxPemCharacters = 16_384;

/** Reads and verifies; remembers what it read by its whole text, never what was decided. */
export class CertificateStep {
  readonly #issuers: readonly Issuer[];
  /** Text → certificate whose signature verified: parsing and verifying give the same answer for ever. */
  readonly #verified = new Map<string, Identified>();
  readonly #capacity: number;

  constructor(issuers: readonly Issuer[], capacity = 500) {
    this.#issuers = issuers;
    this.#capacity = capacity;
  }

  decide(pem: string, now: Date): Outcome<Identified> {
    const identified = this.#identify(pem);
    if (!identified.passed) return identified;
    const { certificate, issuer } = identified.found;
    if (!isValidAt(issuer.issuing, now) || !isValidAt(issuer.root, now)) return deny("issuer-not-valid-now");
    if (!isValidAt(certificate, now)) return deny("certificate-not-valid-now");
    return identified;
  }

  #identify(pem: string): Outcome<Identified> {
    if (pem.length > maxPemCharacters) return deny("certificate-malformed", "too long");
    const known = this.#verified.get(pem);
    if (known) return pass(known);
    const read = readCertificate(pem);
    if (!read.passed) return read;
    const certificate = read.found;
    const issuer = this.#issuers.find((one) => isSignedBy(certificate, one.issuing));
    if (!issuer) return deny("issuer-not-accepted");
    const unfit = unfitForClients(certificate);
    if (unfit) return unfit;
    const identified = { certificate, issuer, client: clientOf(certificate, issuer) };
    if (this.#verified.size >= this.#capacity) this.#verified.clear();
    this.#verified.set(pem, identified);
    return pass(identified);
  }
}

/** One certificate, with a key and a signature algorithm that are accepted. */
function readCertificate(pem: string): Outcome<Certificate> {
  try {
    const certificate = parseCertificate(decodeOnePem(pem, "CERTIFICATE"));
    // The key is read on first use: a weak one must be found now.
    void certificate.publicKey;
    return pass(certificate);
  } catch (error) {
    if (!(error instanceof PkiError)) throw error;
    return deny(error.code === "algorithm" ? "certificate-weak" : "certificate-malformed", error.code);
  }
}

function unfitForClients(certificate: Certificate) {
  const { keyUsage } = certificate;
  if (certificate.basicConstraints?.ca || keyUsage?.has("keyCertSign") || keyUsage?.has("cRLSign"))
    return deny("certificate-is-a-ca");
  if (certificate.unknownCriticalExtensions.length > 0) return deny("certificate-critical-extension");
  if (!certificate.extendedKeyUsage?.includes("clientAuth")) return deny("certificate-not-for-clients");
  // RFC 8446 4.4.2.2: the key must be allowed to sign the handshake.
  if (keyUsage && !keyUsage.has("digitalSignature")) return deny("certificate-not-for-clients", "keyUsage");
  return undefined;
}

function clientOf(certificate: Certificate, issuer: Issuer): Client {
  return {
    principal: `${issuer.generation}:${certificate.serial}`,
    generation: issuer.generation,
    issuerFingerprint: issuer.issuing.fingerprint,
    serial: certificate.serial,
    thumbprint: thumbprint(certificate),
  };
}

/** RFC 5280 4.1.2.5: both ends belong to the period. */
const isValidAt = (certificate: Certificate, now: Date): boolean =>
  certificate.notBefore.getTime() <= now.getTime() && now.getTime() <= certificate.notAfter.getTime();
