/**
 * What a check has at hand: the deployed system, real clients with real certificates, and the two places where a
 * refusal says why: the authorizer's audit line, and the gateway's own reason where no authorizer ran.
 */
import { setTimeout as wait } from "node:timers/promises";
import type { AccountTools } from "#aws/account-tools.ts";
import type { ApiEnvironment, Environment } from "#config/environment.ts";
import { apiFunctionName, externalBucketName } from "#contract/names.ts";
import type { TerraformSurroundings } from "#deploy/run-command.ts";
import type { EmbeddedAws } from "../aws/start.ts";
import type { PetsBackend } from "../backend/pets-backend.ts";
import type { Client, ClientOptions, Operated } from "../start/client.ts";
import type { Answered } from "../start/gateway.ts";
import type { LocalPrivateEdge } from "../start/private-edge.ts";
import type { ProjectCopy } from "../start/project-copy.ts";
import type { TokenServer } from "../token-server/token-server.ts";
import { type Answer, type CallOptions, curl, type Server } from "./curl.ts";
import type { Report } from "./report.ts";

export interface Deployed {
  readonly environment: Environment;
  readonly api: ApiEnvironment;
  readonly ca: AccountTools;
  readonly apiAccount: AccountTools;
  /** The operator who may assume deploy and plan roles. */
  readonly operator: AccountTools;
  readonly server: Server;
  /** The environment's other APIs. */
  readonly others: readonly Pick<Deployed, "api" | "apiAccount" | "server">[];
  /** What the gateway wrote of the requests that it answered. */
  readonly records: () => readonly Answered[];
  readonly reloadGateway: () => Promise<void>;
  /** What is behind the routes to a backend. */
  readonly backend: PetsBackend;
  /** Undefined without NGINX on this machine. */
  readonly edge: LocalPrivateEdge | undefined;
  /** The authorization server whose tokens the API takes. */
  readonly tokenServer: Server;
  /** The same as the authorizer asks it. */
  readonly tokenService: TokenServer;
  readonly stopGateway: () => Promise<void>;
  /** An outage of S3 for one bucket. */
  readonly withoutBucket: EmbeddedAws["withoutBucket"];
  /** Ids that AWS gave to what was deployed. */
  readonly deployedApi: () => { readonly apiId: string; readonly stage: string };
  readonly project: ProjectCopy;
  readonly terraform: TerraformSurroundings;
  /** A folder of this run for files. */
  readonly folder: string;
  readonly issue: (name: string, options?: ClientOptions) => Promise<Client>;
  /** The operator's command, as `npm run ca -- …`; its standard output. */
  readonly operate: (...args: string[]) => Promise<string>;
  /** The same by the configuration as this run has edited it, whatever its exit code. */
  readonly operateAsConfigured: (...args: string[]) => Promise<Operated>;
  /** `npm run doctor -- …`, whatever its exit code. */
  readonly examine: (...args: string[]) => Promise<Operated>;
}

export interface CheckContext extends Deployed {
  readonly report: Report;
  /** The client that every refusal's twin uses: allowed throughout the run. */
  readonly good: Client;
}

export const call = ({ server }: Pick<Deployed, "server">, options: CallOptions): Promise<Answer> =>
  curl(server, options);

/** A call with a client's certificate. */
export const callAs = (
  at: Pick<Deployed, "server">,
  client: Client,
  options: CallOptions = {},
): Promise<Answer> => call(at, { certificate: client.certificate, key: client.key, ...options });

/** One of the environment's APIs, and where its authorizer writes. */
export interface AtApi extends Pick<Deployed, "environment" | "api" | "apiAccount"> {
  /** Left out: the public one. */
  readonly authorizer?: "authorizer" | "private-authorizer";
}

export interface AuditLine {
  readonly requestId: string;
  readonly decision: string;
  readonly step: string;
  readonly code: string;
  readonly detail?: string;
  readonly serial?: string;
  readonly revocation?: string;
  readonly milliseconds: Readonly<Record<string, number>>;
}

/** `403 revocation/revoked`: the status and where the authorizer refused, from its audit line. */
export const verdict = telling(({ step, code }) => `${step}/${code}`);

/** `403 revocation/revocation-unknown (issuing CRL: too-old)`: the same with the audit line's detail. */
export const explained = telling(
  ({ step, code, detail }) => `${step}/${code}${detail === undefined ? "" : ` (${detail})`}`,
);

function telling(of: (line: AuditLine) => string) {
  return async (deployed: AtApi, answer: Answer): Promise<string> => {
    if (answer.status === undefined || answer.status === 200) return answer.summary;
    const line = await auditLine(deployed, answer.requestId);
    return line ? `${answer.status} ${of(line)}` : `${answer.status} without an audit line: ${answer.body}`;
  };
}

/** `403 client-certificate-untrusted`: the status and the gateway's own reason. */
export function gatewayReason(deployed: Deployed, answer: Answer): string {
  const record = deployed.records().findLast((one) => one.requestId === answer.requestId);
  return `${answer.status} ${record?.reason?.code ?? "without a reason"}`;
}

/** The audit line of one request; logs arrive a moment after the answer. */
export async function auditLine(
  { apiAccount, environment, api, authorizer = "authorizer" }: AtApi,
  requestId: string,
): Promise<AuditLine | undefined> {
  const group = `/aws/lambda/${apiFunctionName(environment.name, api.name, authorizer)}`;
  return eventually(async () => {
    for (const message of await apiAccount.logMessages(group)) {
      const at = message.indexOf('{"audit"');
      if (at < 0 || !message.includes(requestId)) continue;
      return JSON.parse(message.slice(at)) as AuditLine;
    }
    return undefined;
  }, 10);
}

/** Asks until there is an answer, for so many seconds at most. */
export async function eventually<T>(
  ask: () => Promise<T | undefined>,
  seconds: number,
): Promise<T | undefined> {
  const until = Date.now() + seconds * 1000;
  for (;;) {
    const found = await ask();
    if (found !== undefined || Date.now() > until) return found;
    await wait(250);
  }
}

/** Calls until the verdict, as `tell` words it, is the wished one; returns the last verdict and the seconds it took. */
export async function callUntil(
  deployed: Deployed,
  client: Client,
  wished: string | RegExp,
  seconds: number,
  tell = verdict,
): Promise<{ readonly got: string; readonly after: number }> {
  const begun = Date.now();
  let got = "";
  const matches = () => (typeof wished === "string" ? got.startsWith(wished) : wished.test(got));
  await eventually(async () => {
    got = await tell(deployed, await callAs(deployed, client));
    return matches() || undefined;
  }, seconds);
  return { got, after: (Date.now() - begun) / 1000 };
}

/** What a call itself may take on a busy machine, on top of what is promised. */
export const callSeconds = 10;

export const bucketOf = ({ environment }: Deployed): string =>
  externalBucketName(environment.name, environment.ca.account);
