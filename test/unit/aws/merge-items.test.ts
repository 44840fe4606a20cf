/** Two copies of one ledger item: nothing is forgotten, whichever copy is put into which. */
import type { Item } from "#aws/ledger-items.ts";
import { type Merged, mergeItems } from "#aws/merge-items.ts";

const issuer = "issuer#aa";
const certificate = { pk: issuer, sk: "certificate#01", subject: "CN=a", recordedAt: "2026-03-01T00:00:00Z" };
const issued = { ...certificate, issuedAt: "2026-03-01T00:00:01Z", certificate: Buffer.from("der") };
const held = { pk: issuer, sk: "revocation#01", state: "on-hold", reason: "certificateHold", revision: 1 };
const revoked = { ...held, state: "revoked", reason: "keyCompromise", revision: 2 };
const key = { pk: "key#aa", sk: "key", name: "CN=a" };
const generation = {
  pk: "generations",
  sk: "g1",
  root: { keyArn: "root", certificate: Buffer.from("root") },
};
const later = { ...generation, issuing: { keyArn: "issuing" }, lastLeafNotAfter: "2026-06-01T00:00:00Z" };
const client = { pk: "clients", sk: "a", csr: "one", revision: 1 };
const look = { pk: "expiry", sk: "look", at: "2026-03-01T00:00:00Z" };

const wins: [what: string, less: Item, more: Item][] = [
  ["the certificate that was signed, over its record", certificate, issued],
  ["the later state of a revocation", held, revoked],
  ["the greater CRL number", { pk: issuer, sk: "crl", number: 9 }, { pk: issuer, sk: "crl", number: 10 }],
  ["the key that was condemned", key, { ...key, compromisedAt: "2026-03-01T00:00:00Z" }],
  ["the generation that was finished", generation, later],
  ["the generation's later end", later, { ...later, lastLeafNotAfter: "2026-07-01T00:00:00Z" }],
  ["the later entry of a client", client, { ...client, csr: "two", revision: 2 }],
  ["the earlier look at what ends", { ...look, at: "2026-03-02T00:00:00Z" }, look],
];

test.each(wins)("%s stays, in either order", (_what, less, more) => {
  expect(mergeItems(less, more)).toEqual({ item: plain(more) });
  expect(mergeItems(more, less)).toEqual({ item: plain(more) });
});

test.each(wins)("… and once more changes nothing (%s)", (_what, less, more) => {
  const once = mergeItems(less, more) as { item: Item };
  expect(mergeItems(once.item, more)).toEqual(once);
  expect(mergeItems(once.item, less)).toEqual(once);
});

test.each<[string, Item, Item]>([
  ["two subjects of one serial", certificate, { ...certificate, subject: "CN=b" }],
  ["two certificates of one serial", issued, { ...issued, certificate: Buffer.from("other") }],
  ["a record with a field more", certificate, { ...certificate, client: "b" }],
  ["two names of one key", key, { ...key, name: "CN=b" }],
  ["two roots of one generation", generation, { ...generation, root: { keyArn: "other" } }],
  ["two states of one revision", revoked, { ...revoked, reason: "superseded" }],
  ["a revision that is no number", revoked, { ...revoked, revision: "3" }],
])("%s are a conflict, in either order", (_what, one, two) => {
  expect(mergeItems(one, two)).toEqual({ conflict: expect.any(String) });
  expect(mergeItems(two, one)).toEqual({ conflict: expect.any(String) });
});

test("what the ledger lacks is taken as it is; a lease is not, and nothing of an unknown kind", () => {
  for (const item of [issued, revoked, key, later, client, look])
    expect(mergeItems(undefined, item)).toEqual({ item });
  expect(mergeItems(undefined, { pk: "lease", sk: "reconcile", owner: "run-1" })).toBe("not-copied");
  for (const pk of ["issuers", "key", "", "configurations"])
    expect(mergeItems(undefined, { pk, sk: "x" })).toEqual({ conflict: expect.any(String) });
  expect(mergeItems(undefined, { pk: issuer, sk: "else" })).toEqual({ conflict: expect.any(String) });
});

test("the configuration is the ledger's own, where it has one", () => {
  const [now, before] = ["{}", "[]"].map((json) => ({ pk: "configuration", sk: "current", json }));
  expect(mergeItems(now, before as Item)).toEqual<Merged>({ item: now as Item });
  expect(mergeItems(undefined, before as Item)).toEqual({ item: before });
});

/** Binary as the merge gives it. */
function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return Uint8Array.from(value);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, plain(one)]));
}
