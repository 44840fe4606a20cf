/** Shows what the system does, then serves: calls with their real answers, the access log as it grows. */
import { join } from "node:path";
import pc from "picocolors";
import { type Answer, type CallOptions, curl, curlArguments, type Server } from "../check/curl.ts";
import { clientOf, clientTitle } from "./any-client.ts";
import type { Client } from "./client.ts";
import { api, environment } from "./local-environment.ts";
import { LocalError } from "./local-error.ts";
import type { Steps } from "./steps.ts";
import { bringUp, type System } from "./system.ts";
import { tokenClients, tokenScope } from "./tokens.ts";

export interface ServeOptions {
  readonly port?: number;
  readonly keep: boolean;
  readonly withTokens: boolean;
}

const colours = pc.createColors(process.stdout.isTTY === true && !process.env.NO_COLOR);

/** Never returns but by Ctrl-C. */
export async function serve(steps: Steps, options: ServeOptions): Promise<number> {
  const system = await bringUp(steps, { ...options, withTokens: options.withTokens ? "jwt" : undefined });
  const folder = join(process.cwd(), ".local", "clients", "partner-a");
  const client = await steps.run(clientTitle, () => clientOf(system, folder, "partner-a"));
  const server = serverOf(system);
  await show(server, "with the client's certificate", { certificate: client.certificate, key: client.key });
  if (system.backend)
    await show(server, "through to the backend, with a token for it", {
      ...{ certificate: client.certificate, key: client.key },
      ...{ method: "GET", path: "/pets/1" },
    });
  if (system.tokens) await showTokens(system.tokens.server, server, client);
  if (system.edge)
    await show(system.edge.server, "through NGINX to the private API, as from inside the network", {
      ...{ certificate: client.certificate, key: client.key },
    });
  await show(server, "without a certificate", {});
  const edge = system.edge
    ? `, and inside the network https://${system.edge.server.domain} on 127.0.0.1:${system.edge.server.port},`
    : "";
  const others = system.others.map((one) => ` and https://${one.api.domain}`).join("");
  const commands = [
    "; in another terminal:",
    "  npm run ca -- list --env local",
    `  npm run ca -- revoke --env local --serial 0x${client.serial} --reason superseded --yes`,
  ].join("\n");
  process.stdout.write(
    `\nserving https://${api.domain}${others} on 127.0.0.1:${server.port}${edge} until Ctrl-C${environment.ca.engine.kind === "kms" ? commands : ""}\n\naccess log:\n`,
  );
  system.gateway.onAccess((line) => process.stdout.write(`${line}\n`));
  await new Promise<never>((_, reject) => {
    system.edge?.instance.whenEnded.then(() =>
      reject(new LocalError("nginx", `NGINX has ended by itself; its log: ${system.edge?.logs}/error.log`)),
    );
    system.aws.whenEnded.then(() =>
      reject(
        new LocalError("embedded-aws", `the embedded AWS has ended by itself; its log: ${system.aws.log}`),
      ),
    );
  });
  return 0;
}

export const serverOf = ({ gateway }: System, { domain } = api): Server => ({
  domain,
  port: gateway.port,
  caFile: gateway.caFile,
});

/** A token of this run alone, good for minutes. */
async function showTokens(tokens: Server, server: Server, { certificate, key }: Client): Promise<void> {
  const form = new URLSearchParams({
    grant_type: "client_credentials",
    client_id: tokenClients.own.id,
    scope: tokenScope,
  });
  const asked = { certificate, key, path: "/token", body: form.toString() };
  const { body } = await show(tokens, "an access token, bound to the certificate", asked);
  const { access_token: token } = JSON.parse(body) as { access_token: string };
  const time = { certificate, key, method: "GET", path: "/time" };
  const headers = { Authorization: `Bearer ${token}` };
  await show(server, "a route that asks for its scope", { ...time, headers });
  await show(server, "the same route without a token", time);
}

async function show(server: Server, title: string, options: CallOptions): Promise<Answer> {
  const line = curlArguments(server, options).map(quoted).join(" ").replaceAll(`${process.cwd()}/`, "");
  const answer = await curl(server, options);
  process.stdout.write(`\n${title}:\n${colours.dim(`$ curl ${line}`)}\n${answer.summary}\n`);
  return answer;
}

const quoted = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
