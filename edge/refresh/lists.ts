/**
 * The CRLs of every CA that NGINX believes, as the bucket has them now.
 *
 * Guarantees: each is its issuer's, whole, understood and signed, and not older than one that was seen before, by this
 * instance and across restarts. Anything else is an error: the lists in force stay. Not judged here: how old they are;
 * `freshness` says for how long they may be believed, and NGINX holds to it.
 */
import { readFile, rename, writeFile } from "node:fs/promises";
import type { SignedGet } from "#aws/signed-get.ts";
import type { EdgeSettings } from "#contract/private-edge.ts";
import type { Certificate } from "#pki/certificate.ts";
import { allowedSkewSeconds } from "#pki/crl/look-up.ts";
import { isOlder, type Ordered } from "#pki/crl/older.ts";
import { type OpenedCrl, openCrl } from "#pki/crl/open.ts";
import type { PinnedIssuer } from "#pki/pinned-issuers.ts";

export interface List {
  readonly generation: string;
  readonly ca: "issuing" | "root";
  readonly crl: OpenedCrl;
  /** Of the CA's certificate. */
  readonly issuer: string;
}

/** A million entries with reasons are about 50 MB. */
const maxBytes = 64 * 1024 * 1024;

export async function readLists(
  issuers: readonly PinnedIssuer[],
  { truststore: { bucket, region } }: Pick<EdgeSettings, "truststore">,
  get: SignedGet,
  now: Date,
): Promise<List[]> {
  const wanted = issuers.flatMap((one) => [
    { generation: one.generation, ca: "issuing" as const, key: one.issuingCrlKey, certificate: one.issuing },
    { generation: one.generation, ca: "root" as const, key: one.rootCrlKey, certificate: one.root },
  ]);
  return await Promise.all(
    wanted.map(async ({ generation, ca, key, certificate }) => {
      const answer = await get({ bucket, region, key, maxBytes });
      if (answer.kind !== "found")
        throw new Error(`${key}: ${"reason" in answer ? answer.reason : answer.kind}`);
      return {
        generation,
        ca,
        issuer: certificate.fingerprint,
        crl: opened(answer.body, certificate, key, now),
      };
    }),
  );
}

function opened(der: Buffer, issuer: Certificate, key: string, now: Date): OpenedCrl {
  try {
    const crl = openCrl(der, issuer);
    if (crl.thisUpdate.getTime() > now.getTime() + allowedSkewSeconds * 1000)
      throw new Error("its thisUpdate is in the future");
    return crl;
  } catch (cause) {
    throw new Error(`${key}: ${(cause as Error).message}`, { cause });
  }
}

/** From the newest list's beginning until the first one ends, or is too old. */
export function freshness(
  lists: readonly List[],
  { maxAge }: Pick<EdgeSettings, "maxAge">,
): { readonly from: Date; readonly until: Date } {
  const seconds = { issuing: maxAge.issuingSeconds, root: maxAge.rootSeconds };
  const begins = lists.map(({ crl }) => crl.thisUpdate.getTime() - allowedSkewSeconds * 1000);
  const ends = lists.map(({ ca, crl }) =>
    Math.min(crl.nextUpdate.getTime(), crl.thisUpdate.getTime() + seconds[ca] * 1000),
  );
  return { from: new Date(Math.max(...begins)), until: new Date(Math.min(...ends)) };
}

/** The newest list that was ever in force, by issuer; in a file that survives restarts. */
export class SeenLists {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  /** Throws if any is older than one seen; remembers them all otherwise. */
  async accept(lists: readonly List[]): Promise<void> {
    const seen = await this.#read();
    for (const { issuer, crl, generation, ca } of lists) {
      const known = seen[issuer];
      if (known && isOlder(crl, ordered(known)))
        throw new Error(`${generation}: the ${ca} CRL is older than one that was seen`);
    }
    const next = Object.fromEntries(lists.map(({ issuer, crl }) => [issuer, written(crl)]));
    const aside = `${this.#path}.next`;
    await writeFile(aside, `${JSON.stringify({ ...seen, ...next })}\n`, { mode: 0o600 });
    await rename(aside, this.#path);
  }

  /** A file that cannot be read is an error: whoever damaged it must not be able to turn time back. */
  async #read(): Promise<Record<string, Written>> {
    let text: string;
    try {
      text = await readFile(this.#path, "utf8");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return {};
      throw error;
    }
    return JSON.parse(text);
  }
}

interface Written {
  readonly number?: string;
  readonly thisUpdate: string;
}

const written = ({ number, thisUpdate }: Ordered): Written => ({
  ...(number === undefined ? {} : { number: String(number) }),
  thisUpdate: thisUpdate.toISOString(),
});

const ordered = ({ number, thisUpdate }: Written): Ordered => ({
  ...(number === undefined ? {} : { number: BigInt(number) }),
  thisUpdate: new Date(thisUpdate),
});
