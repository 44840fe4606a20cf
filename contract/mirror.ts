/**
 * What ca-mirror copies: the CRLs of another authority, from S3 objects into the external bucket, each verified under
 * a certificate of the truststore. The stack writes it into the function's environment.
 */
import { fields, list, object, seconds, string } from "./strict-json.ts";

export interface ObjectReference {
  readonly bucket: string;
  readonly key: string;
  readonly region: string;
}

/** Fingerprints: hex SHA-256 of the DER. */
export interface MirroredIssuer {
  readonly generation: string;
  readonly issuing: string;
  readonly root: string;
  readonly issuingCrl: ObjectReference;
  readonly rootCrl: ObjectReference;
}

export interface MirrorConfiguration {
  readonly issuers: readonly MirroredIssuer[];
  /** An older CRL is not copied: the authorizer would not believe it. */
  readonly issuingMaxAgeSeconds: number;
  readonly rootMaxAgeSeconds: number;
}

/** One CRL after a run. */
export interface MirroredCrl {
  readonly key: string;
  readonly number: string;
  readonly entries: number;
  readonly nextUpdate: string;
  readonly copied: boolean;
}

export interface MirrorResult {
  readonly crls: readonly MirroredCrl[];
}

/** Throws with the path of the first thing that is missing, wrong or unknown. */
export function parseMirrorConfiguration(text: string): MirrorConfiguration {
  const root = object(JSON.parse(text), "MIRROR", ["issuers", "issuingMaxAgeSeconds", "rootMaxAgeSeconds"]);
  return {
    issuers: list(root.issuers, "MIRROR.issuers", (one, path) => {
      const raw = object(one, path, ["generation", "issuing", "root", "issuingCrl", "rootCrl"]);
      return {
        generation: string(raw.generation, `${path}.generation`),
        issuing: string(raw.issuing, `${path}.issuing`),
        root: string(raw.root, `${path}.root`),
        issuingCrl: reference(raw.issuingCrl, `${path}.issuingCrl`),
        rootCrl: reference(raw.rootCrl, `${path}.rootCrl`),
      };
    }),
    issuingMaxAgeSeconds: seconds(root.issuingMaxAgeSeconds, "MIRROR.issuingMaxAgeSeconds"),
    rootMaxAgeSeconds: seconds(root.rootMaxAgeSeconds, "MIRROR.rootMaxAgeSeconds"),
  };
}

const reference = (value: unknown, path: string): ObjectReference =>
  fields(value, path, ["bucket", "key", "region"] as const, string);
