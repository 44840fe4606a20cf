/** Where an S3 object is found: host, path and query, spelled as Signature Version 4 wants to sign them. */

export interface ObjectName {
  readonly bucket: string;
  readonly region: string;
  readonly key: string;
  readonly versionId?: string;
}

export interface Address {
  /** http instead of https. */
  readonly plain: boolean;
  readonly hostname: string;
  readonly port?: number;
  readonly path: string;
}

/** As the SDKs read it; whoever sets it decides where our requests go, so plain http stays on this machine. */
export function customEndpoint(environment: Readonly<Record<string, string | undefined>>): URL | undefined {
  const text = environment.AWS_ENDPOINT_URL_S3 || environment.AWS_ENDPOINT_URL;
  if (!text) return undefined;
  const url = new URL(text);
  const loopback = ["127.0.0.1", "[::1]", "localhost"].includes(url.hostname);
  if (url.protocol !== "https:" && !(url.protocol === "http:" && loopback))
    throw new Error(`AWS_ENDPOINT_URL: got ${url.origin}; allowed: https, or http to loopback`);
  return url;
}

/** Virtual-hosted on AWS, path-style on another endpoint. */
export function objectAddress(wanted: ObjectName, endpoint: URL | undefined): Address {
  const key = wanted.key.split("/").map(encode).join("/");
  const query = wanted.versionId === undefined ? "" : `?versionId=${encode(wanted.versionId)}`;
  if (!endpoint)
    return {
      plain: false,
      hostname: `${wanted.bucket}.s3.${wanted.region}.amazonaws.com`,
      path: `/${key}${query}`,
    };
  return {
    plain: endpoint.protocol === "http:",
    hostname: endpoint.hostname.replace(/^\[|\]$/g, ""),
    ...(endpoint.port ? { port: Number(endpoint.port) } : {}),
    path: `${endpoint.pathname.replace(/\/$/, "")}/${encode(wanted.bucket)}/${key}${query}`,
  };
}

/** RFC 3986 unreserved characters only, as SigV4 canonicalises them. */
const encode = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
