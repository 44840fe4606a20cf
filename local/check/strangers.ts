/**
 * What strangers make. Certificates by the real OpenSSL: self-signed, of another CA with our names, and of a CA below
 * another CA that bears our issuing CA's name and key id. A CRL that says what ours says, under another key.
 */
import { execFileSync } from "node:child_process";
import { generateKeyPairSync, sign } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Certificate } from "#pki/certificate.ts";
import { readUnverifiedCrl } from "#pki/crl/open.ts";
import { prepareCrl } from "#pki/crl/write.ts";
import { formatName } from "#pki/name.ts";
import { attachSignature } from "#pki/unsigned.ts";

export interface Stranger {
  readonly certificate: string;
  readonly key: string;
}

/** A certificate that signed itself, with the subject of a client of ours. */
export function selfSigned(folder: string): Stranger {
  const at = place(folder, "self-signed");
  openssl([
    ...[
      "req",
      "-x509",
      "-newkey",
      "ec",
      "-pkeyopt",
      "ec_paramgen_curve:P-256",
      "-nodes",
      "-sha256",
      "-days",
      "30",
    ],
    ...["-subj", "/O=Example Ltd/OU=Partners/CN=partner-a", "-addext", "extendedKeyUsage=clientAuth"],
    ...["-keyout", at.key, "-out", at.certificate],
  ]);
  return at;
}

/**
 * A client of a CA that calls itself as `issuing` does: same subject, same subject key identifier, same names below;
 * only the key differs, as it must.
 */
export function ofImitatedIssuer(folder: string, issuing: Certificate): Stranger {
  const ca = place(folder, "imitated-ca");
  const client = place(folder, "imitated-client");
  const subject = slashForm(issuing);
  const keyId = (issuing.subjectKeyIdentifier as Buffer).toString("hex");
  openssl([
    ...[
      "req",
      "-x509",
      "-newkey",
      "ec",
      "-pkeyopt",
      "ec_paramgen_curve:P-256",
      "-nodes",
      "-sha256",
      "-days",
      "30",
    ],
    ...["-subj", subject, "-utf8", "-addext", `subjectKeyIdentifier=${keyId}`],
    ...["-addext", "basicConstraints=critical,CA:TRUE", "-keyout", ca.key, "-out", ca.certificate],
  ]);
  const request = join(folder, "imitated-client.csr");
  const extensions = join(folder, "imitated-client.cnf");
  writeFileSync(
    extensions,
    "basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=clientAuth\nauthorityKeyIdentifier=keyid\nsubjectKeyIdentifier=hash\n",
  );
  openssl([
    ...["req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-sha256"],
    ...["-subj", "/O=Example Ltd/OU=Partners/CN=partner-a", "-keyout", client.key, "-out", request],
  ]);
  openssl([
    ...[
      "x509",
      "-req",
      "-in",
      request,
      "-CA",
      ca.certificate,
      "-CAkey",
      ca.key,
      "-CAcreateserial",
      "-sha256",
    ],
    ...["-days", "30", "-extfile", extensions, "-out", client.certificate],
  ]);
  return client;
}

/** The list of `issuing` with the next number, an empty one, signed by a key of the same kind that is not its own. */
export function imitatedCrl(issuing: Certificate, list: Buffer): Buffer {
  const { number = 0n, thisUpdate, nextUpdate } = readUnverifiedCrl(list);
  const unsigned = prepareCrl({ issuer: issuing, number: number + 1n, thisUpdate, nextUpdate, entries: [] });
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  return attachSignature(unsigned, sign("sha256", unsigned.tbs, privateKey));
}

function place(folder: string, name: string): Stranger {
  mkdirSync(folder, { recursive: true });
  return { certificate: join(folder, `${name}.pem`), key: join(folder, `${name}.key`) };
}

/** OpenSSL's -subj form of a subject. */
function slashForm(certificate: Certificate): string {
  const text = certificate.subject.attributes.map(
    ({ type, value }) => `/${type}=${value.replace(/[/\\]/g, "\\$&")}`,
  );
  if (text.length === 0) throw new Error(`no subject in ${formatName(certificate.subject)}`);
  return text.join("");
}

function openssl(args: readonly string[]): void {
  execFileSync("openssl", args, { stdio: ["ignore", "ignore", "pipe"] });
}
