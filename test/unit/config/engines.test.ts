/** Engines "tls" and "existing": what each refuses, with path, what is allowed and what was got; dates only warn. */
import { generateKeyPairSync } from "node:crypto";
import { warningsOf } from "#config/engines.ts";
import { type Environment, environment, isOn } from "#config/environment.ts";
import { worstCaseRevocationSeconds } from "#config/worst-case-revocation.ts";
import { prepareCrl } from "#pki/crl/write.ts";
import { encodePem } from "#pki/pem.ts";
import { prepareRequest } from "#pki/request.ts";
import { makeHierarchy, makeKeyPair, type Signed, signWith } from "#test/support/hierarchy.ts";
import { type Loose, sample } from "./sample.ts";

type Change = (input: Loose) => void;

const now = new Date("2026-03-01T12:00:00Z");
const day = 24 * 3600 * 1000;
const ours = makeHierarchy({ now });
const stranger = makeHierarchy({ now });

function crlOf(by: Signed, from = now, numbered: Signed = by): string {
  const nextUpdate = new Date(from.getTime() + 30 * day);
  const crl = prepareCrl({ issuer: by.certificate, number: 1, thisUpdate: from, nextUpdate, entries: [] });
  return encodePem("X509 CRL", signWith(numbered.privateKey, crl));
}
const bundle = (...all: Signed[]): string =>
  all.map((one) => encodePem("CERTIFICATE", one.certificate.der)).join("");

const account = "111111111111";
function onTls(change: Change = () => {}, files: Readonly<Record<string, string>> = {}): Environment {
  const input = sample();
  input.operators = [`arn:aws:iam::${account}:root`];
  input.apis[0].account = account;
  input.apis[0].authorizer.revocation = "off";
  input.ca.engine = {
    kind: "tls",
    generatedClients: [{ name: "a", profile: "client", subject: { CN: "a", OU: "Partners" } }],
  };
  delete input.ca.crl;
  change(input);
  return environment(input, reading(files), now);
}

const file = (name: string) => ({ file: `ca/${name}.crl` });
const goodFiles: Readonly<Record<string, string>> = {
  "ca/bundle.pem": bundle(ours.issuing, ours.root),
  "ca/issuing.crl": crlOf(ours.issuing),
  "ca/root.crl": crlOf(ours.root),
};
function onExisting(
  change: Change = () => {},
  files: Readonly<Record<string, string | undefined>> = {},
  at = now,
): Environment {
  const input = sample();
  delete input.ca.profiles;
  input.ca.engine = {
    kind: "existing",
    bundle: "ca/bundle.pem",
    issuers: [
      {
        generation: "g1",
        issuing: ours.issuing.certificate.fingerprint,
        root: ours.root.certificate.fingerprint,
        crls: { issuing: file("issuing"), root: file("root") },
      },
    ],
  };
  change(input);
  return environment(input, reading({ ...goodFiles, ...files }), at);
}

const reading =
  (files: Readonly<Record<string, string | undefined>>) =>
  (_environment: string, name: string): string => {
    const text = files[name];
    if (text === undefined) throw Object.assign(new Error("not there"), { code: "ENOENT" });
    return text;
  };

describe("engine tls", () => {
  test("is accepted in a sandbox of one account that says so; it warns, and promises no revocation", () => {
    const one = onTls();
    expect(isOn(one, "tls")).toBe(true);
    expect(warningsOf(one)).toEqual([expect.stringContaining("revocation is off")]);
    const [api] = one.apis;
    if (!api) throw new Error("no API");
    expect(worstCaseRevocationSeconds(one, api)).toEqual({ honest: Infinity, hostile: Infinity });
  });

  const put =
    (make: (input: Loose) => void): Change =>
    (input) =>
      make(input);
  test.each<[string, Change, string]>([
    [
      "outside a sandbox",
      put((input) => {
        input.tier = "staging";
        input.operators = [`arn:aws:iam::${account}:role/pipeline`];
      }),
      'ca.engine.kind: "tls" in a sandbox only',
    ],
    [
      "an API in another account",
      put((input) => {
        input.apis[0].account = "222222222222";
      }),
      'ca.engine.kind: "tls" where all accounts are one (111111111111)',
    ],
    [
      "an operator of another account",
      put((input) => {
        input.operators.push("arn:aws:iam::333333333333:root");
      }),
      'ca.engine.kind: "tls" where all accounts are one (111111111111)',
    ],
    [
      "revocation that is not said to be off",
      put((input) => {
        delete input.apis[0].authorizer.revocation;
      }),
      'apis.0.authorizer.revocation: "off", in so many words',
    ],
    [
      "a time for CRLs that nobody makes",
      put((input) => {
        input.ca.crl = sample().ca.crl;
      }),
      "ca.crl: left out",
    ],
    [
      "a revocation that nobody would carry out",
      put((input) => {
        input.ca.revoked = [{ generation: "g1", serial: "0x1234", reason: "superseded" }];
      }),
      "ca.revoked: none",
    ],
    [
      "callers without a function to call",
      put((input) => {
        input.ca.callers = [
          { name: "x", principal: `arn:aws:iam::${account}:role/x`, profiles: ["client"], names: ["x"] },
        ];
      }),
      "ca.callers: none",
    ],
    [
      "a client of a profile that is not there",
      put((input) => {
        input.ca.engine.generatedClients[0].profile = "other";
      }),
      "ca.engine.generatedClients.0.profile: one of client",
    ],
    [
      "a client without what its profile requires",
      put((input) => {
        delete input.ca.engine.generatedClients[0].subject.OU;
      }),
      'ca.engine.generatedClients.0.subject: OU, which profile "client" requires',
    ],
    [
      "a client with another organisation",
      put((input) => {
        input.ca.engine.generatedClients[0].subject.O = "Another Ltd";
      }),
      'ca.engine.generatedClients.0.subject.O: what profile "client" allows',
    ],
    [
      "two clients of one name",
      put((input) => {
        input.ca.engine.generatedClients.push(input.ca.engine.generatedClients[0]);
      }),
      "ca.engine.generatedClients.0.name: client names must differ",
    ],
    [
      "no profile",
      put((input) => {
        input.ca.profiles = {};
        input.ca.engine.generatedClients = [];
      }),
      "ca.profiles: at least one profile",
    ],
  ])("refuses %s", (_what, change, message) => {
    expect(() => onTls(change)).toThrow(message);
  });

  describe("a client's request", () => {
    const listed: Change = (input) => {
      input.ca.clients = [{ name: "b", csr: "clients/b.csr", profile: "client" }];
    };
    const key = makeKeyPair("P-256");
    const csrOf = (...more: readonly [string, string][]): string => {
      const subject = [["OU", "Partners"], ["CN", "b"], ...more].map(([type = "", value = ""]) => ({
        type,
        value,
      }));
      const unsigned = prepareRequest({ publicKey: key.publicKey, subject, dnsNames: [] });
      return encodePem("CERTIFICATE REQUEST", signWith(key.privateKey, unsigned));
    };

    test("with everything that its profile fixes is accepted", () => {
      const csr = csrOf(["O", "Example Ltd"]);
      expect(() => onTls(listed, { "clients/b.csr": csr })).not.toThrow();
    });
    test("without it is refused: the provider copies the subject as it stands", () => {
      const csr = csrOf();
      expect(() => onTls(listed, { "clients/b.csr": csr })).toThrow(
        "ca.clients.0.csr: a request whose subject has O=Example Ltd",
      );
    });
    test("with a broken signature is refused: the provider would not look at it", () => {
      const csr = csrOf(["O", "Example Ltd"]);
      const body = Buffer.from(csr.replace(/-----[^-]+-----|\s/g, ""), "base64");
      body[body.length - 1] = (body.at(-1) ?? 0) ^ 1;
      expect(() => onTls(listed, { "clients/b.csr": encodePem("CERTIFICATE REQUEST", body) })).toThrow(
        "ca.clients.0.csr: a certification request (PEM) that is signed with its own key",
      );
    });
  });
});

test.each(["kms", "existing"])("engine %s does not go without revocation", (kind) => {
  const off: Change = (input) => {
    input.apis[0].authorizer.revocation = "off";
  };
  const make = () => {
    if (kind === "existing") return onExisting(off);
    const input = sample();
    off(input);
    return environment(input);
  };
  expect(make).toThrow('apis.0.authorizer.revocation: "crl": only engine "tls" goes without revocation');
});

test.each(["kms", "existing"])("engine %s needs times for its CRLs", (kind) => {
  const make = () => {
    if (kind === "existing") return onExisting((input) => delete input.ca.crl);
    const input = sample();
    delete input.ca.crl;
    return environment(input);
  };
  expect(make).toThrow("ca.crl: how often CRLs are published and how old they may be; got nothing");
});

describe("engine existing", () => {
  test("is accepted with bundle and CRLs of files; they are laid down where ca-mirror reads", () => {
    const one = onExisting();
    if (!isOn(one, "existing")) throw new Error("another engine");
    expect(warningsOf(one)).toEqual([]);
    expect(one.ca.engine.crlFiles.map(({ key }) => key)).toEqual([
      "incoming/g1-issuing.crl",
      "incoming/g1-root.crl",
    ]);
    expect(one.ca.engine.mirrored).toEqual([
      {
        generation: "g1",
        issuing: ours.issuing.certificate.fingerprint,
        root: ours.root.certificate.fingerprint,
        issuingCrl: {
          bucket: "test-ca-external-111111111111",
          key: "incoming/g1-issuing.crl",
          region: "eu-west-2",
        },
        rootCrl: {
          bucket: "test-ca-external-111111111111",
          key: "incoming/g1-root.crl",
          region: "eu-west-2",
        },
      },
    ]);
  });

  test("fingerprints may be written as openssl writes them", () => {
    const one = onExisting((input) => {
      const [issuer] = input.ca.engine.issuers;
      issuer.root = issuer.root.toUpperCase().match(/../g).join(":");
    });
    expect(isOn(one, "existing") && one.ca.engine.issuers[0]?.root).toBe(ours.root.certificate.fingerprint);
  });

  test("a CRL in another CA's bucket is taken as it is named", () => {
    const from = { bucket: "their-bucket", key: "crl/ca.crl", region: "eu-west-1" };
    const one = onExisting((input) => {
      input.ca.engine.issuers[0].crls.issuing = from;
    });
    expect(isOn(one, "existing") && one.ca.engine.mirrored[0]?.issuingCrl).toEqual(from);
  });

  const issuer =
    (change: (one: Loose) => void): Change =>
    (input) =>
      change(input.ca.engine.issuers[0]);
  const key = generateKeyPairSync("ec", { namedCurve: "P-256" })
    .privateKey.export({ format: "pem", type: "pkcs8" })
    .toString();
  test.each<[string, Change, Readonly<Record<string, string | undefined>>, string]>([
    [
      "a bundle that is not there",
      () => {},
      { "ca/bundle.pem": undefined },
      "ca.engine.bundle: a file that can be read (ENOENT)",
    ],
    [
      "a bundle with a private key",
      () => {},
      { "ca/bundle.pem": `${bundle(ours.issuing, ours.root)}${key}` },
      "a private key: it is public now",
    ],
    [
      "a bundle without the root",
      () => {},
      { "ca/bundle.pem": bundle(ours.issuing) },
      "no verified chain to a root in the bundle",
    ],
    [
      "a bundle with one subject twice",
      () => {},
      { "ca/bundle.pem": bundle(ours.issuing, ours.root, stranger.root) },
      "two certificates have this subject",
    ],
    [
      "a bundle with a leaf",
      () => {},
      { "ca/bundle.pem": bundle(ours.issuing, ours.root, ours.leaf()) },
      "basicConstraints do not say that it is a CA",
    ],
    [
      "an issuer that is not in the bundle",
      issuer((one) => {
        one.issuing = stranger.issuing.certificate.fingerprint;
      }),
      {},
      "ca.engine.issuers.0.issuing: the SHA-256 fingerprint of a certificate of the bundle",
    ],
    [
      "a root that issues",
      issuer((one) => {
        one.issuing = one.root;
      }),
      {},
      "ca.engine.issuers.0.issuing: another certificate than the root",
    ],
    [
      "a root that did not sign",
      issuer((one) => {
        [one.issuing, one.root] = [one.root, one.issuing];
      }),
      {},
      "ca.engine.issuers.0.root: the certificate that signed the issuing certificate",
    ],
    [
      "a fingerprint of another length",
      issuer((one) => {
        one.root = "ab";
      }),
      {},
      "ca.engine.issuers.0.root: a certificate's SHA-256 fingerprint",
    ],
    [
      "a CRL of another CA",
      () => {},
      { "ca/issuing.crl": crlOf(stranger.issuing) },
      "ca.engine.issuers.0.crls.issuing.file: a CRL (PEM) of",
    ],
    [
      "a CRL with our name and another's signature",
      () => {},
      { "ca/issuing.crl": crlOf(ours.issuing, now, stranger.issuing) },
      "ca.engine.issuers.0.crls.issuing.file: a CRL (PEM) of",
    ],
    [
      "the CRLs exchanged",
      () => {},
      { "ca/issuing.crl": crlOf(ours.root), "ca/root.crl": crlOf(ours.issuing) },
      "ca.engine.issuers.0.crls.root.file: a CRL (PEM) of",
    ],
    [
      "garbage as a CRL",
      () => {},
      { "ca/root.crl": "garbage" },
      "ca.engine.issuers.0.crls.root.file: a CRL (PEM) of",
    ],
    [
      "a file outside its folder",
      issuer((one) => {
        one.crls.root = { file: "ca/../../dev/index.ts" };
      }),
      {},
      "a file ca/NAME.crl beside index.ts",
    ],
    [
      "profiles: it issues nothing",
      (input) => {
        input.ca.profiles = sample().ca.profiles;
      },
      {},
      "ca.profiles: none",
    ],
    [
      "revocations: its own CA revokes",
      (input) => {
        input.ca.revoked = [{ generation: "g1", serial: "0x1234", reason: "superseded" }];
      },
      {},
      "ca.revoked: none",
    ],
    [
      "a generation twice",
      (input) => {
        input.ca.engine.issuers.push(input.ca.engine.issuers[0]);
      },
      {},
      "ca.engine.issuers.1.generation: generation ids must differ",
    ],
    [
      "five issuers: a function's environment is small",
      (input) => {
        input.ca.engine.issuers = Array(5).fill(input.ca.engine.issuers[0]);
      },
      {},
      "ca.engine.issuers: at most 4",
    ],
  ])("refuses %s", (_what, change, files, message) => {
    expect(() => onExisting(change, files)).toThrow(message);
  });

  test("dates are warnings: a committed file does not make a build fail as it ages", () => {
    const later = new Date(now.getTime() + 11 * 365 * day);
    expect(warningsOf(onExisting(() => {}, {}, later)).join("\n")).toMatch(
      /expired at[\s\S]*ca\/issuing\.crl: ended at .*refused at deployment/,
    );
    const earlier = new Date(now.getTime() - day);
    expect(warningsOf(onExisting(() => {}, {}, earlier)).join("\n")).toMatch(
      /valid from[\s\S]*ca\/root\.crl: valid from .*refused until then/,
    );
  });
});
