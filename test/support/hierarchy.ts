/**
 * A root, an issuing certificate and leaves for tests, built by our writers and signed with keys made on the spot.
 * Nothing here is read from or written to disk.
 */
import { generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { type Certificate, parseCertificate } from "#pki/certificate.ts";
import { type LeafOptions, prepareIssuing, prepareLeaf, prepareRoot } from "#pki/issue.ts";
import { type KeyType, type PublicKey, parsePublicKey } from "#pki/public-key.ts";
import { randomSerial } from "#pki/serial.ts";
import { signatureAlgorithms } from "#pki/signature.ts";
import { attachSignature, type Unsigned } from "#pki/unsigned.ts";

export interface KeyPair {
  readonly privateKey: KeyObject;
  readonly publicKey: PublicKey;
}
export interface Signed extends KeyPair {
  readonly certificate: Certificate;
}
export interface Hierarchy {
  readonly root: Signed;
  readonly issuing: Signed;
  /** A leaf for a new key of `keyType` (P-256), with whatever else is wanted otherwise. */
  readonly leaf: (options?: Partial<LeafOptions> & { readonly keyType?: KeyType }) => Signed;
}

const day = 24 * 3600 * 1000;

export function makeKeyPair(keyType: KeyType): KeyPair {
  const pair = keyType.startsWith("RSA")
    ? generateKeyPairSync("rsa", { modulusLength: Number(keyType.slice(4)) })
    : generateKeyPairSync("ec", { namedCurve: keyType });
  const spki = pair.publicKey.export({ format: "der", type: "spki" });
  return { privateKey: pair.privateKey, publicKey: parsePublicKey(spki) };
}

/** Signs as KMS would: the DER of the whole certificate or CRL. */
export function signWith(privateKey: KeyObject, unsigned: Unsigned): Buffer {
  const { hash } = signatureAlgorithms[unsigned.algorithm];
  return attachSignature(unsigned, sign(hash, unsigned.tbs, privateKey));
}

/** `now`: everything is valid from a minute before it; root 10 years, issuing 5 years, leaves 90 days. */
export function makeHierarchy(
  options: { readonly root?: KeyType; readonly issuing?: KeyType; readonly now?: Date } = {},
): Hierarchy {
  const now = options.now ?? new Date();
  const notBefore = new Date(now.getTime() - 60_000);
  const after = (days: number) => new Date(now.getTime() + days * day);
  const rootKey = makeKeyPair(options.root ?? "P-384");
  const rootUnsigned = prepareRoot({
    publicKey: rootKey.publicKey,
    subject: [
      { type: "O", value: "Example Ltd" },
      { type: "CN", value: "Example root g1" },
    ],
    serial: randomSerial(),
    notBefore,
    notAfter: after(3650),
  });
  const root = signed(rootKey, rootKey, rootUnsigned);
  const issuingKey = makeKeyPair(options.issuing ?? "P-256");
  const issuingUnsigned = prepareIssuing({
    issuer: root.certificate,
    publicKey: issuingKey.publicKey,
    subject: [
      { type: "O", value: "Example Ltd" },
      { type: "CN", value: "Example issuing g1" },
    ],
    serial: randomSerial(),
    notBefore,
    notAfter: after(1825),
  });
  const issuing = signed(issuingKey, root, issuingUnsigned);
  const leaf: Hierarchy["leaf"] = ({ keyType = "P-256", ...overrides } = {}) => {
    const key = makeKeyPair(keyType);
    const unsigned = prepareLeaf({
      issuer: issuing.certificate,
      publicKey: key.publicKey,
      subject: [
        { type: "O", value: "Example Ltd" },
        { type: "OU", value: "Partners" },
        { type: "CN", value: "partner-a" },
      ],
      subjectAltNames: [],
      extendedKeyUsage: ["clientAuth"],
      serial: randomSerial(),
      notBefore,
      notAfter: after(90),
      ...overrides,
    });
    return signed(key, issuing, unsigned);
  };
  return { root, issuing, leaf };
}

function signed(key: KeyPair, signer: Pick<KeyPair, "privateKey">, unsigned: Unsigned): Signed {
  return { ...key, certificate: parseCertificate(signWith(signer.privateKey, unsigned)) };
}
