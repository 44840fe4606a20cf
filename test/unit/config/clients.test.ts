/** Callers, clients and revocations of the configuration: what synthesis refuses, with everything at once. */
import { type Environment, environment } from "#config/environment.ts";
import { encodePem } from "#pki/pem.ts";
import { prepareRequest } from "#pki/request.ts";
import { type KeyPair, makeKeyPair, signWith } from "#test/support/hierarchy.ts";
import { type Loose, sample } from "./sample.ts";

const key = makeKeyPair("P-256");
function csr(
  commonName: string,
  keyPair: KeyPair = makeKeyPair("P-256"),
  signer = keyPair,
  unit = "Partners",
): string {
  const unsigned = prepareRequest({
    publicKey: keyPair.publicKey,
    subject: [
      { type: "OU", value: unit },
      { type: "CN", value: commonName },
    ],
  });
  return encodePem("CERTIFICATE REQUEST", signWith(signer.privateKey, unsigned));
}

const files: Readonly<Record<string, string>> = {
  "clients/a.csr": csr("partner-a", key),
  "clients/b.csr": csr("partner-b"),
  "clients/same-key.csr": csr("partner-c", key),
  "clients/forged.csr": csr("partner-d", makeKeyPair("P-256"), key),
  "clients/garbage.csr": "-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----\n",
  "clients/p384.csr": csr("partner-e", makeKeyPair("P-384")),
  "clients/private.csr": `${csr("partner-f")}-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n`,
};

function checked(ca: Loose, change: (input: Loose) => void = () => undefined): Environment {
  const input = sample();
  Object.assign(input.ca, ca);
  change(input);
  return environment(input, (_environment, file) => {
    const text = files[file];
    if (text === undefined) throw Object.assign(new Error("no such file"), { code: "ENOENT" });
    return text;
  });
}

function problemsOf(ca: Loose, change?: (input: Loose) => void): readonly string[] {
  try {
    checked(ca, change);
    return [];
  } catch (error) {
    return (error as { problems: readonly string[] }).problems;
  }
}

const client = (name: string, file = `clients/${name}.csr`, more: Loose = {}) => ({
  ...{ name, csr: file, profile: "client" },
  ...more,
});
const caller = {
  name: "onboarding",
  principal: "arn:aws:iam::333333333333:role/onboarding",
  profiles: ["client"],
  names: ["partner-[a-z]+"],
};
const revoked = { generation: "g1", serial: "0x4a0b", reason: "superseded" };

test("a client's request is read from the file beside the environment, as it is", () => {
  const [a] = checked({ clients: [client("a", undefined, { validDays: 30 })] }).ca.clients;
  expect(a).toEqual({
    ...{ name: "a", csr: "clients/a.csr", profile: "client", validDays: 30, released: false },
    request: files["clients/a.csr"],
  });
});

test("without any, there are none", () => {
  const { callers, clients, revoked: list } = checked({}).ca;
  expect([callers, clients, list]).toEqual([[], [], []]);
});

test.each([
  ["0x4A0B", "4a0b"],
  ["4a:0b", "4a0b"],
  ["18955", "4a0b"],
])("the serial %s is %s", (serial, canonical) => {
  expect(checked({ revoked: [{ ...revoked, serial }] }).ca.revoked[0]?.serial).toBe(canonical);
});

const mistakes: readonly (readonly [what: string, ca: Loose, problem: RegExp])[] = [
  ["no file", { clients: [client("missing")] }, /^ca\.clients\.0\.csr: a file that can be read \(ENOENT\)/],
  ["a path out of the folder", { clients: [client("a", "clients/../x.csr")] }, /a file clients\/NAME\.csr/],
  ["another folder", { clients: [client("a", "/etc/passwd")] }, /a file clients\/NAME\.csr/],
  ["garbage", { clients: [client("garbage")] }, /^ca\.clients\.0\.csr: a certification request \(PEM\)/],
  ["a request signed with another key", { clients: [client("forged")] }, /not signed with the key/],
  ["a private key beside the request", { clients: [client("private")] }, /certification request \(PEM\)/],
  [
    "a profile that does not exist",
    { clients: [client("a", undefined, { profile: "server" })] },
    /profile: one of client/,
  ],
  [
    "a profile that every object has",
    { clients: [client("a", undefined, { profile: "constructor" })] },
    /profile: one of client/,
  ],
  [
    "more days than the profile has",
    { clients: [client("a", undefined, { validDays: 398 })] },
    /validDays: at most 397/,
  ],
  ["one name twice", { clients: [client("a"), client("a", "clients/b.csr")] }, /client names must differ/],
  [
    "one key twice",
    { clients: [client("a"), client("same-key")] },
    /a key of its own; client "a" has the same/,
  ],
  ["an unknown key", { clients: [{ ...client("a"), serial: "1" }] }, /unknown key/],
  ["a hold in the file", { revoked: [{ ...revoked, reason: "certificateHold" }] }, /ca\.revoked\.0\.reason/],
  ["a serial that is none", { revoked: [{ ...revoked, serial: "zz" }] }, /ca\.revoked\.0\.serial/],
  [
    "one certificate twice",
    { revoked: [revoked, { ...revoked, serial: "4a:0b" }] },
    /revoked\.0 is the same/,
  ],
  ["no time", { revoked: [{ ...revoked, invalidSince: "yesterday" }] }, /invalidSince: a time such as/],
  [
    "a caller named as another alias",
    { callers: [{ ...caller, name: "operator" }] },
    /another name: operator/,
  ],
  ["two callers of one name", { callers: [caller, caller] }, /caller names must differ/],
  [
    "a caller's unknown profile",
    { callers: [{ ...caller, profiles: ["server"] }] },
    /profiles\.0: one of client/,
  ],
  ["a caller's broken pattern", { callers: [{ ...caller, names: ["("] }] }, /names\.0: a regular expression/],
  ["everybody as caller", { callers: [{ ...caller, principal: "*" }] }, /principal: the ARN of a role/],
  ["a caller without names", { callers: [{ ...caller, names: [] }] }, /names: at least one/],
];

test.each(mistakes)("%s is refused", (_what, ca, problem) => {
  expect(problemsOf(ca).filter((one) => problem.test(one))).toHaveLength(1);
});

test("what the profile would refuse is said at synthesis, whatever engine issues", () => {
  const narrow = (input: Loose) => {
    input.ca.profiles.client.keyTypes = ["P-256"];
  };
  expect(problemsOf({ clients: [client("p384")] }, narrow).join()).toContain(
    "clients/p384.csr: key type P-384; allowed are P-256",
  );
});

test("an account's root calls in a sandbox only", () => {
  const root = { callers: [{ ...caller, principal: "arn:aws:iam::333333333333:root" }] };
  expect(problemsOf(root)).toEqual([]);
  const staging = (input: Loose) => {
    input.tier = "staging";
  };
  expect(problemsOf(root, staging).join()).toContain(
    "ca.callers.0.principal: a role or user outside a sandbox",
  );
});

test("all mistakes at once", () => {
  const ca = {
    clients: [client("missing"), client("forged"), client("a", undefined, { profile: "none" })],
    revoked: [{ ...revoked, serial: "zz" }],
    callers: [{ ...caller, name: "reconcile" }],
  };
  expect(problemsOf(ca)).toHaveLength(5);
});
