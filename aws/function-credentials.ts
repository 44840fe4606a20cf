/** Who a Lambda function is, and which endpoint it was told to use: from its environment, as Lambda sets it. */

export type FunctionEnvironment = Readonly<Record<string, string | undefined>>;

export interface FunctionCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

export function functionCredentials(environment: FunctionEnvironment): FunctionCredentials {
  const accessKeyId = environment.AWS_ACCESS_KEY_ID;
  const secretAccessKey = environment.AWS_SECRET_ACCESS_KEY;
  const sessionToken = environment.AWS_SESSION_TOKEN;
  if (!accessKeyId || !secretAccessKey)
    throw new Error("AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY must be set; Lambda sets them");
  return { accessKeyId, secretAccessKey, ...(sessionToken ? { sessionToken } : {}) };
}

/** As the SDKs read it; whoever sets it decides where our requests go, so plain http stays on this machine. */
export function customEndpoint(environment: FunctionEnvironment, service: "S3" | "OTHER"): URL | undefined {
  const own = service === "S3" ? environment.AWS_ENDPOINT_URL_S3 : undefined;
  const text = own || environment.AWS_ENDPOINT_URL;
  return text ? secureUrl(text, "AWS_ENDPOINT_URL") : undefined;
}

/** https, or http to this machine; throws otherwise. `what` names the setting in the message. */
export function secureUrl(text: string, what: string): URL {
  const url = new URL(text);
  const loopback = ["127.0.0.1", "[::1]", "localhost"].includes(url.hostname);
  if (url.protocol !== "https:" && !(url.protocol === "http:" && loopback))
    throw new Error(`${what}: got ${url.origin}; allowed: https, or http to loopback`);
  return url;
}

/** Host and port of a URL, as node:http wants them. */
export function hostOf(url: URL): { readonly hostname: string; readonly port?: number } {
  const hostname = url.hostname.replace(/^\[|\]$/g, "");
  return url.port ? { hostname, port: Number(url.port) } : { hostname };
}
