/**
 * Two copies of one item of the ledger become one that forgets nothing: a revocation, a condemned key, a certificate
 * once recorded and a CRL number once taken stay. In which order copies are merged, and how often, makes no difference.
 *
 * What cannot be of one CA's history (a certificate with two subjects, a key with two names, an item of no kind that is
 * known) is a conflict: the ledger's copy stays, and a person decides.
 */
import { isDeepStrictEqual } from "node:util";
import { type Item, keys, kinds } from "./ledger-items.ts";

export type Merged = { readonly item: Item } | { readonly conflict: string } | "not-copied";

/** `kept` is the ledger's, `other` the copy's. */
export function mergeItems(kept: Item | undefined, other: Item): Merged {
  const rule = ruleOf(other);
  if (rule === undefined) return { conflict: "an item of no kind that this CA writes" };
  if (rule === "not-copied") return "not-copied";
  if (!kept) return { item: other };
  return rule(plain(kept), plain(other));
}

type Rule = (kept: Item, other: Item) => Merged;

function ruleOf({ pk, sk }: Item): Rule | "not-copied" | undefined {
  const [partition, sort] = [String(pk), String(sk)];
  if (partition === keys.configuration.pk) return (kept) => ({ item: kept });
  // Whoever held it is gone.
  if (partition === keys.lease("").pk) return "not-copied";
  // The earlier look tells again what it told, and forgets no certificate.
  if (partition === keys.expiryLook.pk) return byFields({ at: "least" });
  if (partition === keys.generations)
    return byFields({
      ...{ root: "either", issuing: "either" },
      ...{ trustedSince: "least", lastLeafNotAfter: "greatest" },
    });
  if (partition === keys.clients) return byRevision;
  if (partition.startsWith(keys.key("").pk)) return byFields({ compromisedAt: "least" });
  if (!partition.startsWith(keys.issuer(""))) return undefined;
  if (sort === keys.crl("").sk) return byFields({ number: "greatest" });
  if (sort.startsWith(kinds.certificate)) return byFields({ issuedAt: "least", certificate: "either" });
  return sort.startsWith(kinds.revocation) ? byRevision : undefined;
}

/** Each state has a revision of its own, and every change the next one. */
const byRevision: Rule = (kept, other) => {
  const [one, two] = [kept.revision, other.revision];
  if (typeof one !== "number" || typeof two !== "number") return { conflict: "a revision that is no number" };
  if (one !== two) return { item: one > two ? kept : other };
  return isDeepStrictEqual(kept, other) ? { item: kept } : { conflict: `two states of revision ${one}` };
};

type Choice = "least" | "greatest" | "either";

/** Fields that came later are chosen; all others must be equal. */
const byFields =
  (choices: Readonly<Record<string, Choice>>): Rule =>
  (kept, other) => {
    const item: Record<string, unknown> = { ...other, ...kept };
    for (const name of Object.keys(item)) {
      const [one, two] = [kept[name], other[name]];
      const choice = choices[name];
      if (isDeepStrictEqual(one, two)) continue;
      const isMissing = one === undefined || two === undefined;
      if (choice === undefined || (choice === "either" && !isMissing))
        return { conflict: `two values of ${name}` };
      if (!isMissing) item[name] = choose(choice, one as string, two as string);
    }
    return { item };
  };

/** Times are text that compares as they do; numbers are numbers. */
const choose = <T extends string | number>(choice: Choice, one: T, two: T): T =>
  (choice === "least") === one < two ? one : two;

/** Binary attributes as they come, whatever class they come in. */
const plain = (item: Item): Item =>
  Object.fromEntries(Object.entries(item).map(([name, value]) => [name, plainValue(value)]));

function plainValue(value: unknown): unknown {
  if (value instanceof Uint8Array) return Uint8Array.from(value);
  return value !== null && typeof value === "object" && !Array.isArray(value) ? plain(value as Item) : value;
}
