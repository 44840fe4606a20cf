/**
 * The gateway's own server certificates, from a throw-away authority made anew for every run. Keys stay in
 * memory: nobody but this process can ever use them, so trusting the authority for the length of a run is safe.
 */
import { generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { type Certificate, parseCertificate } from "#pki/certificate.ts";
import { prepareLeaf, prepareRoot } from "#pki/issue.ts";
import { encodePem } from "#pki/pem.ts";
import { parsePublicKey } from "#pki/public-key.ts";
import { randomSerial } from "#pki/serial.ts";
import { attachSignature, type Unsigned } from "#pki/unsigned.ts";

export interface ServerCertificate {
  /** PEM, for `curl --cacert`. */
  readonly authority: string;
  /** One certificate per name; wildcards as in X.509. */
  readonly identities: readonly {
    readonly name: string;
    readonly key: string;
    readonly certificate: string;
  }[];
}

const validDays = 7;

export function makeServerCertificate(names: readonly string[], now: Date): ServerCertificate {
  const authorityKey = keyPair();
  const dates = {
    notBefore: new Date(now.getTime() - 60_000),
    notAfter: new Date(now.getTime() + validDays * 86_400_000),
  };
  const authority = signed(
    prepareRoot({
      publicKey: authorityKey.publicKey,
      subject: [{ type: "CN", value: `Local gateway, not for production, ${randomSerial().slice(0, 8)}` }],
      serial: randomSerial(),
      ...dates,
    }),
    authorityKey.privateKey,
  );
  const identities = names.map((name) => {
    const { publicKey, privateKey } = keyPair();
    const unsigned = prepareLeaf({
      issuer: authority,
      publicKey,
      // A common name holds 64 characters at most; clients read the alternative name anyway.
      subject: [{ type: "CN", value: name.slice(0, 64) }],
      subjectAltNames: [{ kind: "dns", value: name }],
      extendedKeyUsage: ["serverAuth"],
      serial: randomSerial(),
      ...dates,
    });
    return {
      name,
      key: privateKey.export({ type: "pkcs8", format: "pem" }) as string,
      certificate: encodePem("CERTIFICATE", signed(unsigned, authorityKey.privateKey).der),
    };
  });
  return { authority: encodePem("CERTIFICATE", authority.der), identities };
}

function keyPair() {
  const pair = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const publicKey = parsePublicKey(pair.publicKey.export({ type: "spki", format: "der" }));
  return { publicKey, privateKey: pair.privateKey };
}

function signed(unsigned: Unsigned, key: KeyObject): Certificate {
  return parseCertificate(attachSignature(unsigned, sign("sha256", unsigned.tbs, key)));
}
