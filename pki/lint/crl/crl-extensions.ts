/**
 * Number, authority key identifier, and a critical issuingDistributionPoint where one is configured; on entries reason
 * and invalidity date. No deltas, nothing indirect, nothing twice: a reader that knows less must not be misled.
 */
import { extensionOids } from "../../oids.ts";
import type { Extension } from "../../tbs-certificate.ts";
import { entryOids } from "../entry-oids.ts";
import type { CrlRule, Verdict } from "../rule.ts";

const issuingDistributionPoint = "2.5.29.28";

const onList: ReadonlyMap<string, boolean> = new Map<string, boolean>([
  [extensionOids.crlNumber, false],
  [extensionOids.authorityKeyIdentifier, false],
  [issuingDistributionPoint, true],
]);
const onEntry: ReadonlyMap<string, boolean> = new Map<string, boolean>([
  [entryOids.reasonCode, false],
  [entryOids.invalidityDate, false],
]);

export const crlExtensions: CrlRule = {
  name: "crl-extensions",
  reference: "RFC 5280 5.2, 5.2.5, 5.3",
  check: ({ tbs }) => compare(tbs.extensions, onList),
  checkEntry: ({ extensions }) => compare(extensions, onEntry),
};

function compare(extensions: readonly Extension[], allowed: ReadonlyMap<string, boolean>): Verdict {
  for (const [index, { oid, critical }] of extensions.entries()) {
    const expected = allowed.get(oid);
    if (expected === undefined) return `extension ${oid} is none of ours`;
    if (expected !== critical) return `extension ${oid} must ${expected ? "" : "not "}be critical`;
    if (extensions.findIndex((one) => one.oid === oid) !== index)
      return `extension ${oid} stands there twice`;
  }
  return undefined;
}
