/**
 * One case or more for every reason why a CRL gives no answer, each a small step away from a good one, and the good
 * and revoked ones beside them. The committed vectors are made from this table; the unit tests make them afresh.
 */
import { generateKeyPairSync } from "node:crypto";
import type { Certificate } from "#pki/certificate.ts";
import type { RevocationUnknownCode } from "#pki/crl/unknown.ts";
import { element, explicit, integer, octetString, oid, sequence, time } from "#pki/der/writer.ts";
import { type Hierarchy, makeHierarchy, type Signed } from "../../support/hierarchy.ts";
import {
  at,
  buildCrl,
  type CrlPieces,
  entry,
  entryExtensions,
  extension,
  flag,
  fullName,
  idCe,
  issuingDistributionPoint,
  keyIdentifier,
  now,
  number,
  reason,
  uri,
  rebuilt,
} from "./build-crl.ts";

export interface Case {
  /** Code, then what is special. */
  readonly name: string;
  readonly verdict: "good" | "revoked" | "unknown";
  readonly code?: RevocationUnknownCode;
  readonly certificate: Certificate;
  readonly issuers: readonly Certificate[];
  readonly crls: readonly Buffer[];
  readonly at: Date;
  readonly maxAgeSeconds?: number;
}

export const distributionPoint = "http://crl.example.com/g1-issuing.crl";
const second = (text: string) => Buffer.from(text, "latin1");
const utc = (text: string) => element(0x17, second(text));
const generalized = (text: string) => element(0x18, second(text));
const der = (hex: string) => Buffer.from(hex.replaceAll(" ", ""), "hex");

export function makeCases(hierarchy: Hierarchy = makeHierarchy({ now })): Case[] {
  const { issuing, leaf } = hierarchy;
  const client = leaf({ crlDistributionPoint: distributionPoint });
  const bare = leaf();
  const base = { certificate: client.certificate, issuers: [issuing.certificate], at: now };
  return [
    ...answers(hierarchy, client, bare),
    ...elsewhere(hierarchy, client, bare),
    ...unbelievable(hierarchy, client),
    ...issuers(hierarchy, client),
    ...times(hierarchy, client),
    ...certificates(hierarchy, client),
    ...tableOf(listCases(issuing), base, issuing),
    ...tableOf(entryCases(client.certificate.serial), base, issuing),
  ];
}

type Pieces = readonly [name: string, pieces: CrlPieces];

/** Rows whose names start with their code. */
function tableOf(
  rows: readonly Pieces[],
  base: Pick<Case, "certificate" | "issuers" | "at">,
  issuing: Signed,
): Case[] {
  return rows.map(([name, pieces]) => unknown(name, { ...base, crls: [buildCrl(issuing, pieces)] }));
}

function unknown(name: string, rest: Omit<Case, "name" | "verdict" | "code">): Case {
  return { name, verdict: "unknown", code: name.split(" ")[0] as RevocationUnknownCode, ...rest };
}

function answers({ root, issuing }: Hierarchy, client: Signed, bare: Signed): Case[] {
  const base = { issuers: [issuing.certificate], at: now, certificate: client.certificate };
  const { serial } = client.certificate;
  const revoked = buildCrl(issuing, {
    entries: [entry("0a"), entry(serial, time(at(-60)), entryExtensions(reason(1)))],
  });
  const good = buildCrl(issuing);
  const own = issuing.certificate.subjectKeyIdentifier as Buffer;
  const point = issuingDistributionPoint(fullName(uri(distributionPoint)));
  const userOnly = issuingDistributionPoint(flag(1));
  const caOnly = issuingDistributionPoint(flag(2));
  const withPoint = (one: Buffer) => [keyIdentifier(own), number(), one];
  return [
    { name: "good", verdict: "good", ...base, crls: [good] },
    { name: "good empty list", verdict: "good", ...base, crls: [buildCrl(issuing, { entries: null })] },
    {
      name: "good version 1",
      verdict: "good",
      ...base,
      crls: [buildCrl(issuing, { version: null, extensions: null })],
    },
    {
      name: "good without authority key",
      verdict: "good",
      ...base,
      crls: [buildCrl(issuing, { extensions: [number()] })],
    },
    {
      name: "good unknown extension not critical",
      verdict: "good",
      ...base,
      crls: [buildCrl(issuing, { extensions: [number(), extension("1.2.3.4", der("0500"))] })],
    },
    {
      name: "good distribution point",
      verdict: "good",
      ...base,
      crls: [buildCrl(issuing, { extensions: withPoint(point) })],
    },
    {
      name: "good only user certificates",
      verdict: "good",
      ...base,
      crls: [buildCrl(issuing, { extensions: withPoint(userOnly) })],
    },
    {
      name: "good beside another issuer's and garbage",
      verdict: "good",
      ...base,
      crls: [buildCrl(root), second("garbage"), good],
    },
    {
      name: "good beside an older one",
      verdict: "good",
      ...base,
      crls: [buildCrl(issuing, { nextUpdate: time(at(-1)) }), good],
    },
    {
      name: "good issuing certificate",
      verdict: "good",
      ...base,
      certificate: issuing.certificate,
      issuers: [root.certificate],
      crls: [buildCrl(root)],
    },
    {
      name: "good only CA certificates",
      verdict: "good",
      ...base,
      certificate: issuing.certificate,
      issuers: [root.certificate],
      crls: [buildCrl(root, { extensions: [number(), caOnly] })],
    },
    {
      name: "good this update 60 seconds ahead",
      verdict: "good",
      ...base,
      crls: [buildCrl(issuing, { thisUpdate: time(at(60)) })],
    },
    {
      name: "good at next update",
      verdict: "good",
      ...base,
      crls: [buildCrl(issuing, { nextUpdate: time(now) })],
    },
    { name: "good at the maximal age", verdict: "good", ...base, maxAgeSeconds: 60, crls: [good] },
    {
      name: "good entry of 29 February",
      verdict: "good",
      ...base,
      crls: [buildCrl(issuing, { entries: [entry("0a", utc("240229235959Z"))] })],
    },
    { name: "revoked", verdict: "revoked", ...base, crls: [revoked] },
    { name: "revoked beside a good one", verdict: "revoked", ...base, crls: [good, revoked] },
    {
      name: "revoked without reason",
      verdict: "revoked",
      ...base,
      crls: [buildCrl(issuing, { entries: [entry(serial)] })],
    },
    {
      name: "revoked in the future",
      verdict: "revoked",
      ...base,
      crls: [buildCrl(issuing, { entries: [entry(serial, generalized("20500101000000Z"))] })],
    },
    {
      name: "revoked certificate without distribution point",
      verdict: "revoked",
      ...base,
      certificate: bare.certificate,
      crls: [buildCrl(issuing, { entries: [entry(bare.certificate.serial)] })],
    },
  ];
}

/** CRLs that are about other certificates. */
function elsewhere({ root, issuing, leaf }: Hierarchy, client: Signed, bare: Signed): Case[] {
  const base = { certificate: client.certificate, issuers: [issuing.certificate], at: now };
  const other = leaf();
  const own = issuing.certificate.subjectKeyIdentifier as Buffer;
  const point = (text: string) => issuingDistributionPoint(fullName(uri(text)));
  const issuerAndSerial = (serial: Buffer) =>
    extension(
      idCe(35),
      sequence(element(0xa1, element(0xa4, root.certificate.subject.der)), element(0x82, serial)),
    );
  return [
    unknown("no-crl", { ...base, crls: [] }),
    unknown("issuer-mismatch", { ...base, crls: [buildCrl(root)] }),
    unknown("issuer-mismatch signed by our issuer", {
      ...base,
      crls: [buildCrl(issuing, { issuer: root.certificate.subject.der })],
    }),
    unknown("authority-key-mismatch", {
      ...base,
      crls: [buildCrl(issuing, { extensions: [keyIdentifier(other.publicKey.keyIdentifier), number()] })],
    }),
    unknown("authority-key-mismatch serial", {
      ...base,
      crls: [buildCrl(issuing, { extensions: [issuerAndSerial(der("0102")), number()] })],
    }),
    unknown("authority-key-mismatch one of two", {
      ...base,
      crls: [
        buildCrl(issuing, {
          extensions: [
            extension(
              idCe(35),
              sequence(
                element(0x80, own),
                element(0xa1, element(0xa4, root.certificate.subject.der)),
                element(0x82, der("0102")),
              ),
            ),
            number(),
          ],
        }),
      ],
    }),
    unknown("scope-mismatch only CA certificates", {
      ...base,
      crls: [buildCrl(issuing, { extensions: [number(), issuingDistributionPoint(flag(2))] })],
    }),
    unknown("scope-mismatch only user certificates", {
      certificate: issuing.certificate,
      issuers: [root.certificate],
      at: now,
      crls: [buildCrl(root, { extensions: [number(), issuingDistributionPoint(flag(1))] })],
    }),
    unknown("distribution-point-mismatch", {
      ...base,
      crls: [buildCrl(issuing, { extensions: [number(), point("http://crl.example.com/other.crl")] })],
    }),
    unknown("distribution-point-mismatch certificate without", {
      ...base,
      certificate: bare.certificate,
      crls: [buildCrl(issuing, { extensions: [number(), point(distributionPoint)] })],
    }),
  ];
}

function unbelievable({ issuing, leaf }: Hierarchy, client: Signed): Case[] {
  const base = { certificate: client.certificate, issuers: [issuing.certificate], at: now };
  const good = buildCrl(issuing);
  const flipped = Buffer.from(good);
  flipped[flipped.length - 5] = (flipped.at(-5) as number) ^ 1;
  const sha1 = sequence(oid("1.2.840.10045.4.1"));
  const sha384 = sequence(oid("1.2.840.10045.4.3.3"));
  const rows: readonly (readonly [string, Buffer])[] = [
    ["malformed nothing", Buffer.alloc(0)],
    ["malformed zeros", Buffer.alloc(512)],
    ["malformed PEM", second("-----BEGIN X509 CRL-----\n")],
    ["malformed cut", good.subarray(0, -1)],
    ["malformed trailing byte", Buffer.concat([good, Buffer.of(0)])],
    ["malformed indefinite length", Buffer.concat([der("3080"), good.subarray(4), der("0000")])],
    ["malformed length not minimal", Buffer.concat([der("308300"), good.subarray(2)])],
    ["malformed empty list of entries", buildCrl(issuing, { entries: [] })],
    ["malformed this update without seconds", buildCrl(issuing, { thisUpdate: utc("2606011159Z") })],
    [
      "malformed this update with fraction",
      buildCrl(issuing, { thisUpdate: generalized("20260601115900.5Z") }),
    ],
    ["malformed next update of no calendar", buildCrl(issuing, { nextUpdate: utc("260631000000Z") })],
    ["malformed version not minimal", buildCrl(issuing, { version: der("02020001") })],
    ["signature-algorithm inside and outside", buildCrl(issuing, { outerAlgorithm: sha384 })],
    ["signature-algorithm SHA-1", buildCrl(issuing, { algorithm: sha1 })],
    ["signature flipped bit", flipped],
    ["signature of another key", buildCrl(issuing, { signedBy: leaf().privateKey })],
  ];
  return rows.map(([name, crl]) => unknown(name, { ...base, crls: [crl] }));
}

function issuers(hierarchy: Hierarchy, client: Signed): Case[] {
  const { root, issuing } = hierarchy;
  const stranger = makeHierarchy({ now }).issuing;
  const crls = [buildCrl(issuing)];
  const base = { certificate: client.certificate, at: now, crls };
  const keyUsage = oid(idCe(15));
  const withUsage = (bits: string) =>
    rebuilt(issuing.certificate, root, {
      change: (all) =>
        all.map((one) => (one.includes(keyUsage) ? extension(idCe(15), der(bits), true) : one)),
    });
  return [
    unknown("issuer-missing", { ...base, issuers: [] }),
    unknown("issuer-missing same name, other key", { ...base, issuers: [stranger.certificate] }),
    unknown("issuer-not-crl-signer", { ...base, issuers: [withUsage("03020204")] }),
    unknown("issuer-not-certificate-signer", { ...base, issuers: [withUsage("03020102")] }),
  ];
}

function times({ issuing }: Hierarchy, client: Signed): Case[] {
  const base = { certificate: client.certificate, issuers: [issuing.certificate], at: now };
  return [
    unknown("this-update-in-future", { ...base, crls: [buildCrl(issuing, { thisUpdate: time(at(61)) })] }),
    unknown("too-old", { ...base, maxAgeSeconds: 59, crls: [buildCrl(issuing)] }),
    unknown("next-update-missing", { ...base, crls: [buildCrl(issuing, { nextUpdate: null })] }),
    unknown("next-update-past", { ...base, crls: [buildCrl(issuing, { nextUpdate: time(at(-1)) })] }),
  ];
}

/** What the certificate says keeps the answer open. */
function certificates({ issuing }: Hierarchy, client: Signed): Case[] {
  const base = { issuers: [issuing.certificate], at: now, crls: [buildCrl(issuing)] };
  const point = (...content: readonly Buffer[]) => sequence(sequence(...content));
  const name = fullName(uri(distributionPoint));
  const added = (member: number, value: Buffer) =>
    rebuilt(client.certificate, issuing, {
      change: (all) => [
        ...all.filter((one) => !one.includes(oid(idCe(member)))),
        extension(idCe(member), value),
      ],
    });
  const elsewhereName = element(0xa2, element(0xa4, client.certificate.subject.der));
  return [
    unknown("freshest-crl in the certificate", { ...base, certificate: added(46, point(name)) }),
    unknown("certificate-distribution-points another CRL issuer", {
      ...base,
      certificate: added(31, point(name, elsewhereName)),
    }),
    unknown("certificate-distribution-points some reasons", {
      ...base,
      certificate: added(31, point(name, der("81020640"))),
    }),
  ];
}

function listCases({ certificate }: Signed): Pieces[] {
  const own = certificate.subjectKeyIdentifier as Buffer;
  const list = (...extensions: readonly Buffer[]): CrlPieces => ({ extensions });
  const critical = (value: string) => sequence(oid("1.2.3.4"), der(value), octetString(der("0500")));
  const point = (...content: readonly Buffer[]) => list(number(), issuingDistributionPoint(...content));
  const name = fullName(uri(distributionPoint));
  const directory = element(0xa4, certificate.subject.der);
  return [
    ["version 1 with extensions", { version: null }],
    [
      "version 1 with entry extensions",
      { version: null, extensions: null, entries: [entry("0a", time(now), entryExtensions(reason(1)))] },
    ],
    ["version field 0", { version: integer(0) }],
    ["version field 2", { version: integer(2) }],
    ["extensions-missing", { extensions: null }],
    ["extension-malformed empty list", { rawExtensions: explicit(0, sequence()) }],
    ["extension-malformed trailing bytes", list(keyIdentifier(own), extension(idCe(20), der("02010700")))],
    ["extension-malformed critical FALSE written", list(number(), critical("010100"))],
    ["extension-malformed critical 01", list(number(), critical("010101"))],
    ["extension-malformed negative number", list(number(der("0201ff")))],
    ["extension-malformed number of 21 octets", list(number(integer(Buffer.alloc(21, 1))))],
    ["extension-malformed number not minimal", list(number(der("02020007")))],
    ["extension-malformed point with FALSE written", point(name, der("810100"))],
    ["extension-malformed point with unknown tag", point(name, der("8601ff"))],
    [
      "extension-malformed half an authority key",
      list(extension(idCe(35), sequence(element(0x82, der("01")))), number()),
    ],
    ["extension-duplicate number", list(number(), number())],
    [
      "extension-duplicate unknown",
      list(number(), extension("1.2.3.4", der("0500")), extension("1.2.3.4", der("0500"))),
    ],
    ["extension-critical", list(number(), extension("1.2.3.4", der("0500"), true))],
    ["issuing-distribution-point some reasons", point(name, der("83020640"))],
    ["issuing-distribution-point indirect", point(name, flag(4))],
    ["issuing-distribution-point attribute certificates", point(flag(5))],
    ["issuing-distribution-point user and CA", point(flag(1), flag(2))],
    [
      "issuing-distribution-point relative name",
      point(explicit(0, element(0xa1, sequence(oid("2.5.4.3"), element(0x0c, second("a")))))),
    ],
    ["issuing-distribution-point directory name", point(fullName(directory))],
    ["issuing-distribution-point empty", point()],
    ["delta", list(number(), extension(idCe(27), integer(6), true))],
    ["delta not critical", list(number(), extension(idCe(27), integer(6)))],
    ["freshest-crl in the list", list(number(), extension(idCe(46), sequence(sequence(name))))],
  ];
}

/** The last entry is the defective one; where it can be, it is the certificate's own. */
function entryCases(serial: string): Pieces[] {
  const when = time(at(-3600));
  const octets = Buffer.from(serial, "hex");
  const row = (name: string, ...parts: readonly Buffer[]): Pieces => [
    name,
    { entries: [entry("0a"), entry("0b", when, entryExtensions(reason(1))), ...parts] },
  ];
  const listed = (...extensions: readonly Buffer[]) => entry(serial, when, entryExtensions(...extensions));
  const raw = (...parts: readonly Buffer[]) => sequence(element(0x02, octets), ...parts);
  const odd = (value: string) => sequence(oid("1.2.3.4"), der(value), octetString(der("0500")));
  const plain = extension("1.2.3.4", der("0500"));
  return [
    row(
      "entry-malformed serial length 81 10",
      sequence(Buffer.concat([Buffer.of(0x02, 0x81, octets.length), octets]), when),
    ),
    row("entry-malformed serial not minimal", sequence(element(0x02, Buffer.of(0), octets), when)),
    row("entry-malformed serial not minimal and negative", sequence(element(0x02, der("ff80")), when)),
    row("entry-malformed serial empty", sequence(element(0x02), when)),
    row("entry-malformed serial of 128 octets", sequence(element(0x02, Buffer.alloc(128, 1)), when)),
    row("entry-malformed entry length 81", Buffer.concat([Buffer.of(0x30, 0x81), raw(when).subarray(1)])),
    row(
      "entry-malformed indefinite length",
      Buffer.concat([der("3080"), raw(when).subarray(2), der("0000")]),
    ),
    row("entry-malformed no date", raw()),
    row("entry-malformed date without seconds", raw(utc("2606011100Z"))),
    row("entry-malformed date with an offset", raw(utc("260601110000+0000"))),
    row("entry-malformed date with fraction", raw(generalized("20260601110000.0Z"))),
    row("entry-malformed 29 February of a common year", raw(utc("260229110000Z"))),
    row("entry-malformed 31 April", raw(utc("260431110000Z"))),
    row("entry-malformed month 13", raw(utc("261301110000Z"))),
    row("entry-malformed day 0", raw(utc("260600110000Z"))),
    row("entry-malformed hour 24", raw(utc("260601240000Z"))),
    row("entry-malformed minute 60", raw(utc("260601236000Z"))),
    row("entry-malformed second 60", raw(utc("260601235960Z"))),
    row("entry-malformed date of letters", raw(utc("2606o1110000Z"))),
    row("entry-malformed no serial", sequence(when)),
    row("entry-malformed no entry", element(0x31, element(0x02, octets), when)),
    row("entry-malformed bytes after the extensions", raw(when, entryExtensions(reason(1)), der("0500"))),
    row("entry-extension-malformed empty", raw(when, sequence())),
    row("entry-extension-malformed critical FALSE written", listed(odd("010100"))),
    row("entry-extension-malformed critical 01", listed(odd("010101"))),
    row(
      "entry-extension-malformed OID not minimal",
      listed(sequence(der("0604558080 1d".replace(" ", "")), octetString(der("0500")))),
    ),
    row("entry-extension-malformed OID cut", listed(sequence(der("0602559d"), octetString(der("0500"))))),
    row("entry-extension-malformed reason of two octets", listed(extension(idCe(21), der("0a020001")))),
    row("entry-extension-malformed reason is an INTEGER", listed(extension(idCe(21), der("020101")))),
    row(
      "entry-extension-malformed invalidityDate with fraction",
      listed(extension(idCe(24), generalized("20260601110000.5Z"))),
    ),
    row(
      "entry-extension-malformed value trails",
      listed(sequence(oid(idCe(21)), octetString(der("0a0101")), der("0500"))),
    ),
    row(
      "entry-extension-malformed seventeen",
      listed(...Array.from({ length: 17 }, (_, i) => extension(`1.2.3.${i}`, der("0500")))),
    ),
    row("entry-extension-duplicate reason", listed(reason(1), reason(4))),
    row("entry-extension-duplicate unknown", listed(plain, reason(1), plain)),
    row("entry-extension-critical", listed(extension("1.2.3.4", der("0500"), true))),
    row("entry-reason 7", listed(reason(7))),
    row("entry-reason removeFromCRL", listed(reason(8))),
    row("entry-reason 11", listed(reason(11))),
    row("entry-reason negative", listed(extension(idCe(21), der("0a01ff")))),
    row("indirect-entry", listed(extension(idCe(29), sequence(element(0xa4, sequence())), true))),
    row("indirect-entry not critical", listed(extension(idCe(29), sequence(element(0xa4, sequence()))))),
  ];
}

/** An issuer whose key is not accepted (P-521): the one code that needs a certificate we could not have issued. */
export function issuerWithUnacceptedKey({ root, issuing }: Hierarchy): Certificate {
  const { publicKey } = generateKeyPairSync("ec", { namedCurve: "P-521" });
  const spki = publicKey.export({ format: "der", type: "spki" });
  return rebuilt(issuing.certificate, root, { spki });
}
