/** `requestContext.identity.clientCert` as API Gateway fills it in (FACTS 2). */
import type { Certificate } from "#pki/certificate.ts";
import { formatName } from "#pki/name.ts";
import { encodePem } from "#pki/pem.ts";
import { serialDecimal } from "#pki/serial.ts";

export interface ClientCert {
  readonly clientCertPem: string;
  /** Encoded order, no spaces: `CN=client,O=Example Ltd`. */
  readonly subjectDN: string;
  readonly issuerDN: string;
  /** Decimal, as real logs show it (the documentation shows colon hex). */
  readonly serialNumber: string;
  readonly validity: { readonly notBefore: string; readonly notAfter: string };
}

export function describeClientCert(certificate: Certificate): ClientCert {
  return {
    clientCertPem: encodePem("CERTIFICATE", certificate.der),
    subjectDN: formatName(certificate.subject),
    issuerDN: formatName(certificate.issuer),
    serialNumber: serialDecimal(certificate.serial),
    validity: { notBefore: opensslDate(certificate.notBefore), notAfter: opensslDate(certificate.notAfter) },
  };
}

const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** `Feb  3 16:42:38 2026 GMT`: one-digit days are padded with a space. */
function opensslDate(date: Date): string {
  const day = String(date.getUTCDate()).padStart(2, " ");
  const time = date.toISOString().slice(11, 19);
  return `${months[date.getUTCMonth()]} ${day} ${time} ${date.getUTCFullYear()} GMT`;
}
