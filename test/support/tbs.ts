/**
 * Encodes a TBSCertificate from its fields without an opinion: for certificates that our writers refuse to build.
 * Start from `readTbsCertificate` of a good one and replace what shall be wrong.
 */
import { boolean, element, explicit, integer, octetString, oid, sequence } from "#pki/der/writer.ts";
import { signatureAlgorithms } from "#pki/signature.ts";
import { type Extension, readTbsCertificate, type TbsCertificate } from "#pki/tbs-certificate.ts";
import type { Unsigned } from "#pki/unsigned.ts";

export type TbsChange = Partial<Omit<TbsCertificate, "der">>;

export function encodeTbs(fields: Omit<TbsCertificate, "der">): Buffer {
  return sequence(
    ...(fields.version === 1 ? [] : [explicit(0, integer(fields.version - 1))]),
    element(0x02, fields.serial),
    fields.algorithm,
    fields.issuer,
    sequence(fields.notBefore, fields.notAfter),
    fields.subject,
    fields.spki,
    ...(fields.uniqueIdentifiers ? [element(0x82, Buffer.of(0, 1))] : []),
    ...(fields.extensions.length > 0
      ? [explicit(3, sequence(...fields.extensions.map(encodeExtension)))]
      : []),
  );
}

export function encodeExtension({ oid: dotted, critical, value }: Extension): Buffer {
  return sequence(oid(dotted), ...(critical ? [boolean(true)] : []), octetString(value));
}

/** The same thing to be signed, but for what is changed. */
export function changeTbs(
  { tbs, algorithm }: Unsigned,
  change: (fields: TbsCertificate) => TbsChange,
): Unsigned {
  const fields = readTbsCertificate(tbs);
  const changed = { ...fields, ...change(fields) };
  const named = Object.entries(signatureAlgorithms).find(([, one]) =>
    one.identifier.equals(changed.algorithm),
  );
  return {
    tbs: encodeTbs(changed),
    algorithm: (named?.[0] as Unsigned["algorithm"] | undefined) ?? algorithm,
  };
}

export function withExtension(
  fields: TbsCertificate,
  dotted: string,
  change: Partial<Extension> | undefined,
): readonly Extension[] {
  const others = fields.extensions.filter((one) => one.oid !== dotted);
  if (change === undefined) return others;
  const old = fields.extensions.find((one) => one.oid === dotted);
  const base = old ?? { oid: dotted, critical: false, value: Buffer.alloc(0) };
  return [...others, { ...base, ...change }];
}
