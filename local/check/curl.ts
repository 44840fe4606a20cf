/** Calls by the real curl: what a partner's client would see, a closed connection included. */
import { execFile } from "node:child_process";

export interface CallOptions {
  readonly method?: string;
  readonly path?: string;
  /** Client certificate and key, PEM files. */
  readonly certificate?: string;
  readonly key?: string;
  /** Another server name than the API's domain (SNI and Host). */
  readonly serverName?: string;
  /** The server's certificate cannot bear a name that is not its own. */
  readonly insecure?: boolean;
  /** Another Host header than the server name. */
  readonly host?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** The address of this machine to call from. */
  readonly from?: string;
}

export interface Answer {
  /** Undefined: the connection was closed without an HTTP answer. */
  readonly status?: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly requestId: string;
  /** `403 {"message":"Forbidden"}` or `closed (curl 56)`. */
  readonly summary: string;
}

export interface Server {
  readonly domain: string;
  readonly port: number;
  /** Authority of the server's certificate. */
  readonly caFile: string;
}

/** The command line, as it is printed for people to repeat. */
export function curlArguments(server: Server, options: CallOptions): string[] {
  const name = options.serverName ?? server.domain;
  return [
    ...(options.insecure ? ["--insecure"] : ["--cacert", server.caFile]),
    "--resolve",
    `${name}:${server.port}:127.0.0.1`,
    ...(options.from ? ["--interface", options.from] : []),
    ...(options.certificate ? ["--cert", options.certificate] : []),
    ...(options.key ? ["--key", options.key] : []),
    "--request",
    options.method ?? "POST",
    ...(options.host ? ["--header", `Host: ${options.host}`] : []),
    ...Object.entries(options.headers ?? {}).flatMap(([header, value]) => [
      "--header",
      `${header}: ${value}`,
    ]),
    ...(options.body === undefined ? [] : ["--data", options.body]),
    `https://${name}:${server.port}${options.path ?? "/api"}`,
  ];
}

export function curl(server: Server, options: CallOptions): Promise<Answer> {
  const args = [
    "--silent",
    "--show-error",
    "--include",
    "--max-time",
    "40",
    "--noproxy",
    "*",
    // Dot segments go as they are typed.
    "--path-as-is",
    ...curlArguments(server, options),
  ];
  return new Promise((resolve, reject) => {
    execFile("curl", args, { encoding: "latin1", maxBuffer: 20_000_000 }, (error, stdout, stderr) => {
      if (error && typeof error.code !== "number") return reject(error);
      if (error) return resolve(closed(Number(error.code), stderr));
      resolve(parse(stdout));
    });
  });
}

/** curl's exit codes for a connection that ends without an answer: 35 TLS, 52 empty, 55 send, 56 receive. */
function closed(code: number, stderr: string): Answer {
  const known = [35, 52, 55, 56].includes(code);
  return {
    headers: {},
    body: "",
    requestId: "",
    summary: known ? `closed (curl ${code})` : `curl ${code}: ${stderr.trim()}`,
  };
}

function parse(text: string): Answer {
  const cut = text.indexOf("\r\n\r\n");
  const [line, ...lines] = text.slice(0, cut).split("\r\n");
  const headers = Object.fromEntries(
    lines.map((one) => [
      one.slice(0, one.indexOf(":")).toLowerCase(),
      one.slice(one.indexOf(":") + 1).trim(),
    ]),
  );
  const status = Number((line ?? "").split(" ")[1]);
  const body = text.slice(cut + 4);
  return {
    status,
    headers,
    body,
    requestId: headers["x-amzn-requestid"] ?? "",
    summary: `${status} ${body}`,
  };
}
