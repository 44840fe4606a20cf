/** Where an S3 object is found: host, path and query, spelled as Signature Version 4 wants to sign them. */
import { hostOf } from "./function-credentials.ts";

export interface ObjectName {
  readonly bucket: string;
  readonly region: string;
  readonly key: string;
  readonly versionId?: string;
}

export interface ObjectAddress {
  readonly hostname: string;
  readonly port?: number;
  readonly path: string;
}

/** Virtual-hosted on AWS, path-style on another endpoint. */
export function objectAddress(wanted: ObjectName, endpoint: URL | undefined): ObjectAddress {
  const { bucket, region } = wanted;
  const key = wanted.key.split("/").map(encode).join("/");
  const query = wanted.versionId === undefined ? "" : `?versionId=${encode(wanted.versionId)}`;
  if (!endpoint) return { hostname: `${bucket}.s3.${region}.amazonaws.com`, path: `/${key}${query}` };
  const root = endpoint.pathname.replace(/\/$/, "");
  return { ...hostOf(endpoint), path: `${root}/${encode(bucket)}/${key}${query}` };
}

/** RFC 3986 unreserved characters only, as SigV4 canonicalises them. */
const encode = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
