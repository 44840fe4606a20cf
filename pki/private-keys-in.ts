/**
 * Finds private keys in whatever leaves a process: Terraform, state, bucket, log (invariant I8). Works on bytes.
 *
 * Finds: PEM of any private-key kind (also with its line breaks escaped, as JSON and logs hold it), PKCS#8 and
 * SEC 1 in base64 without armour, the same in bare DER, private JWKs, OpenSSH keys, AWS secret access keys beside
 * their id. Does not find: keys encrypted by a password (PKCS#12 is refused by its name), or encodings of encodings.
 */
import { createPrivateKey } from "node:crypto";

/** What kinds of private key the bytes hold; empty when none. `name`: of the file, where there is one. */
export function privateKeysIn(content: Buffer | string, name = ""): string[] {
  const bytes = typeof content === "string" ? Buffer.from(content) : content;
  const text = bytes.toString("latin1");
  return [
    ...(/\.(p12|pfx|jks|key)$/i.test(name) ? [`a file of the kind ${name.split(".").at(-1)}`] : []),
    ...(/-----BEGIN [A-Z0-9 ]*PRIVATE KEY( BLOCK)?-----/.test(text) ? ["PEM private key"] : []),
    ...(/"d"\s*:\s*"[A-Za-z0-9_-]{40,}"/.test(text.replaceAll('\\"', '"')) ? ["private JWK"] : []),
    ...(/\bSecretAccessKey\b["']?\s*[:=]\s*["']?[A-Za-z0-9/+]{40}/i.test(text.replaceAll('\\"', '"'))
      ? ["AWS secret access key"]
      : []),
    ...(bareKeys(bytes) ? ["private key in DER"] : []),
    ...(base64Runs(text).some(bareKeys) ? ["private key in base64"] : []),
  ];
}

/** The object identifiers by which a PKCS#8 key or an SEC 1 key shows itself. */
const marks = [
  // PKCS#8: version 0, then rsaEncryption or id-ecPublicKey, or Ed25519.
  Buffer.from("020100300d06092a864886f70d010101", "hex"),
  Buffer.from("020100301306072a8648ce3d0201", "hex"),
  Buffer.from("020100301006072a8648ce3d0201", "hex"),
  Buffer.from("020100300506032b6570", "hex"),
  // SEC 1: version 1 and a private key of 32 or 48 octets; PKCS#1 begins with version 0 and a long modulus.
  Buffer.from("0201010420", "hex"),
  Buffer.from("0201010430", "hex"),
  Buffer.from("02010002820101", "hex"),
  Buffer.from("02010002820181", "hex"),
  Buffer.from("02010002820201", "hex"),
];

function bareKeys(bytes: Buffer): boolean {
  return marks.some((mark) => {
    for (let found = bytes.indexOf(mark); found >= 0; found = bytes.indexOf(mark, found + 1))
      if (opensAsKey(bytes, found)) return true;
    return false;
  });
}

/** The SEQUENCE that begins before the mark is a key that Node can read: no chance hit. */
function opensAsKey(bytes: Buffer, mark: number): boolean {
  for (let start = mark - 2; start >= Math.max(0, mark - 4); start--) {
    if (bytes[start] !== 0x30) continue;
    const first = bytes[start + 1] ?? 0;
    const lengthOctets = first < 0x80 ? 0 : first & 0x7f;
    if (start + 2 + lengthOctets !== mark) continue;
    const length = lengthOctets === 0 ? first : bytes.readUIntBE(start + 2, lengthOctets);
    const der = bytes.subarray(start, mark + length);
    for (const type of ["pkcs8", "sec1", "pkcs1"] as const)
      try {
        createPrivateKey({ key: der, format: "der", type });
        return true;
      } catch {
        // Not of this type.
      }
  }
  return false;
}

/** Runs of base64 or base64url, line breaks inside (also written as \n) taken out. */
function base64Runs(text: string): Buffer[] {
  const runs =
    text.match(
      /(?:[A-Za-z0-9+/_-]{40,}(?:\\r)?(?:\\n|\r?\n)?)(?:[A-Za-z0-9+/_-]+(?:\\r)?(?:\\n|\r?\n)?)*/g,
    ) ?? [];
  return runs.map((run) => Buffer.from(run.replace(/\\[rn]|\s/g, ""), "base64"));
}
