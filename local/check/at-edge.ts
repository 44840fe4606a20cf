/** What checks of the private edge have at hand, and which of the two judges refused. */
import { readFileSync } from "node:fs";
import { whyNoInstance } from "../instance/edge-instance.ts";
import type { Client } from "../start/client.ts";
import type { LocalPrivateEdge } from "../start/private-edge.ts";
import { type AtApi, type AuditLine, auditLine, type CheckContext, call, explained } from "./context.ts";
import type { Answer, CallOptions } from "./curl.ts";

export interface EdgeContext {
  readonly at: CheckContext;
  readonly edge: LocalPrivateEdge;
  /** The private API's authorizer. */
  readonly by: AtApi;
}

/** A check that is skipped, visibly, where there is no NGINX. */
export const atEdge =
  (number: number, title: string, run: (context: EdgeContext) => Promise<void>) =>
  async (at: CheckContext): Promise<void> => {
    const { edge, environment, api, apiAccount } = at;
    if (!edge) return at.report.skipped(number, title, whyNoInstance() ?? "there is no private edge");
    // What other checks did to the lists is over; the timer would come within a minute.
    await edge.instance.refresh();
    await run({ at, edge, by: { environment, api, apiAccount, authorizer: "private-authorizer" } });
  };

/** Through NGINX, as a caller inside the network. */
export const through = ({ edge }: EdgeContext, client: Client | undefined, options: CallOptions = {}) =>
  call(edge, { ...(client ? { certificate: client.certificate, key: client.key } : {}), ...options });

/** Past NGINX, to the private API's endpoint. */
export const past = ({ edge: { gateway } }: EdgeContext, headers: Readonly<Record<string, string>>) =>
  call({ server: gateway.server }, { path: `${gateway.stage}/api`, headers });

/** `403 revoked by NGINX`, or `403 revocation/revoked` by the authorizer, with its detail. */
export async function judged({ by }: EdgeContext, answer: Answer): Promise<string> {
  if (answer.status === undefined || answer.status === 200) return answer.summary;
  if (answer.requestId !== "") return await explained(by, answer);
  const { code } = JSON.parse(answer.body) as { readonly code?: string };
  return `${answer.status} ${code} by NGINX`;
}

export async function auditOf({ by }: EdgeContext, { requestId }: Answer): Promise<AuditLine> {
  const line = await auditLine(by, requestId);
  if (!line) throw new Error(`the private authorizer wrote no line for "${requestId}"`);
  return line;
}

/** A client's certificate as NGINX hands it on. */
export const escaped = ({ certificate }: Pick<Client, "certificate">): string =>
  encodeURIComponent(readFileSync(certificate, "utf8"));
