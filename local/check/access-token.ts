/** What checks do with access tokens: get one of the real authorization server, and call the route that asks for one. */
import type { Client } from "../start/client.ts";
import { tokenScope } from "../start/tokens.ts";
import { type CheckContext, callAs } from "./context.ts";
import { type Answer, curl } from "./curl.ts";

export type Headers = Readonly<Record<string, string>>;

export const bearer = (token: string): Headers => ({ Authorization: `Bearer ${token}` });

/** `GET /time` asks for the scope that tokens of this run have. */
export const askTime = (at: CheckContext, client: Client, headers: Headers): Promise<Answer> =>
  callAs(at, client, { method: "GET", path: "/time", headers });

export const timeAnswer = /^200 \{"time":"[0-9TZ:.-]+"\}$/;

/** A token by client credentials, the certificate being the credential (RFC 8705 2.1). */
export async function tokenOf(
  at: Pick<CheckContext, "tokenServer">,
  client: Client,
  id: string,
  more: { readonly resource?: string; readonly scope?: string } = {},
): Promise<string> {
  const form = new URLSearchParams({ grant_type: "client_credentials", client_id: id });
  const scope = more.scope ?? tokenScope;
  if (scope !== "") form.set("scope", scope);
  if (more.resource !== undefined) form.set("resource", more.resource);
  const { certificate, key } = client;
  const answer = await curl(at.tokenServer, { path: "/token", certificate, key, body: form.toString() });
  const { access_token: token } = JSON.parse(answer.body) as { access_token?: string };
  if (answer.status !== 200 || token === undefined) throw new Error(`no token for ${id}: ${answer.summary}`);
  return token;
}

const others = new WeakMap<CheckContext["report"], Promise<Client>>();

/** Another partner, who has tokens of its own; issued once in a run. */
export function otherPartner({ report, issue }: CheckContext): Promise<Client> {
  const made = others.get(report) ?? issue("partner-t");
  others.set(report, made);
  return made;
}
