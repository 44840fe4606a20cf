/** The same list as an OpenSSL authority keeps it: index.txt and a configuration, for `openssl ca -gencrl`. */

import type { CrlReason, Revocation } from "#pki/crl/write.ts";
import { parseUtcTime, timeDigits } from "#pki/der/time.ts";

export const opensslConfig = `[ca]
default_ca = authority
[authority]
database = ./index.txt
crlnumber = ./crlnumber
certificate = ./issuer.pem
private_key = ./key.pem
default_md = sha256
default_crl_days = 1
unique_subject = no
crl_extensions = extensions
[extensions]
authorityKeyIdentifier = keyid:always
`;

export function indexTxt(revocations: Iterable<Revocation>): string {
  const lines: string[] = [];
  for (const { serial, revokedAt, reason } of revocations) {
    const when = `${timeDigits(revokedAt).slice(2)}Z${reason === undefined ? "" : `,${reason}`}`;
    lines.push(`R\t280101000000Z\t${when}\t${serial.toUpperCase()}\tunknown\t/CN=client\n`);
  }
  return lines.join("");
}

/** The revocations in an index.txt. */
export function readIndexTxt(text: string): Revocation[] {
  const found: Revocation[] = [];
  for (let at = 0; at < text.length; ) {
    const end = text.indexOf("\n", at);
    const [status, , when = "", serial = ""] = text.slice(at, end).split("\t");
    at = end + 1;
    if (status !== "R") continue;
    const [date = "", reason] = when.split(",");
    found.push({
      serial: serial.toLowerCase(),
      revokedAt: parseUtcTime(Buffer.from(date, "latin1")),
      ...(reason !== undefined && { reason: reason as CrlReason }),
    });
  }
  return found;
}
