import { type CrlState, revocation } from "#lambdas/authorizer/steps/revocation.ts";
import { openCrl } from "#pki/crl/open.ts";
import { makeHierarchy, type Signed } from "../../support/hierarchy.ts";
import { type CrlOptions, crl, issuerOf, later, start } from "./fixture.ts";

const hierarchy = makeHierarchy({ now: start });
const issuer = issuerOf(hierarchy);
const { certificate } = hierarchy.leaf();
const limits = {
  issuingMaxAgeSeconds: 1800,
  rootMaxAgeSeconds: 90 * 86_400,
  refreshSeconds: 5,
  maxOutageSeconds: 60,
};
const of = (signer: Signed, options: CrlOptions = {}): CrlState => ({
  crl: openCrl(crl(signer, options), signer.certificate),
});
const issuing = (options: CrlOptions = {}) => of(hierarchy.issuing, options);
const root = (options: CrlOptions = {}) => of(hierarchy.root, options);
const decide = (crls: { issuing: CrlState; root: CrlState }, now = start) =>
  revocation({ certificate, issuer }, crls, limits, now);
const listed = { revoked: [certificate.serial] };
const issuerListed = { revoked: [issuer.issuing.serial] };
const nothing: CrlState = { unknown: "status 404" };
const year = 365 * 86_400;

describe("the step revocation", () => {
  test("lets on whom neither list names", () => {
    expect(decide({ issuing: issuing({ revoked: ["4711"] }), root: root() })).toEqual({
      passed: true,
      found: "good",
    });
  });

  test.each<[string, CrlState, CrlState, number, string]>([
    ["the certificate is listed", issuing(listed), root(), 0, "revoked"],
    ["the issuing certificate is listed by the root", issuing(), root(issuerListed), 0, "issuer-revoked"],
    ["both are listed", issuing(listed), root(issuerListed), 0, "revoked"],
    ["the certificate is listed, and the root's list is missing", issuing(listed), nothing, 0, "revoked"],
    [
      "the issuing certificate is listed, and the other list is missing",
      nothing,
      root(issuerListed),
      0,
      "issuer-revoked",
    ],
    ["the issuing list is missing", nothing, root(), 0, "revocation-unknown"],
    ["the root's list is missing", issuing(), nothing, 0, "revocation-unknown"],
    ["both are missing", nothing, nothing, 0, "revocation-unknown"],
    ["the issuing list is older than its maximal age", issuing(), root(), 1741, "revocation-unknown"],
    [
      "the issuing list is past nextUpdate",
      issuing({ lifetimeSeconds: 600 }),
      root(),
      541,
      "revocation-unknown",
    ],
    [
      "the root's list is past nextUpdate",
      issuing(),
      root({ lifetimeSeconds: 600 }),
      541,
      "revocation-unknown",
    ],
    [
      "the root's list is older than its maximal age",
      issuing({ at: later(91 * 86_400) }),
      root({ lifetimeSeconds: year }),
      91 * 86_400,
      "revocation-unknown",
    ],
    ["the issuing list is from the future", issuing({ at: later(121) }), root(), 0, "revocation-unknown"],
  ])("denies when %s", (_, issuingState, rootState, seconds, code) => {
    expect(decide({ issuing: issuingState, root: rootState }, later(seconds))).toMatchObject({
      passed: false,
      code,
    });
  });

  test.each([
    ["the maximal age, which includes the publisher's minute", {}, 1740],
    ["nextUpdate", { lifetimeSeconds: 600 }, 539],
  ])("a list still counts just before %s", (_, options, seconds) => {
    expect(decide({ issuing: issuing(options), root: root() }, later(seconds)).passed).toBe(true);
  });

  test("a serial of the leaf in the root's list says nothing about the leaf", () => {
    expect(decide({ issuing: issuing(), root: root(listed) }).passed).toBe(true);
  });

  test("says in its detail which list, and why", () => {
    expect(decide({ issuing: nothing, root: root() })).toMatchObject({ detail: "issuing CRL: status 404" });
    expect(decide({ issuing: issuing(), root: nothing })).toMatchObject({ detail: "root CRL: status 404" });
    expect(decide({ issuing: issuing(listed), root: root() })).toMatchObject({ detail: "keyCompromise" });
  });

  test("is skipped where the policy says off, and only there", () => {
    const of = (crls: Parameters<typeof revocation>[1], revocationOf: Parameters<typeof revocation>[2]) =>
      revocation({ certificate, issuer }, crls, revocationOf, start);
    expect(of("off", "off")).toEqual({ passed: true, found: "off" });
    expect(of("off", limits)).toMatchObject({ passed: false, code: "revocation-unknown" });
  });
});
