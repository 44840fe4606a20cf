/**
 * Check 19: who may ask the CA for what, and what a reviewed change of the configuration brings about: clients issued,
 * revocations published, drift reported, nothing done twice.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { invokeFunction } from "#aws/invoke-function.ts";
import type { IssueRequest, IssueResult, Refusal } from "#contract/ca-requests.ts";
import { type CaFunction, caAliases, caFunctionName } from "#contract/names.ts";
import { deploy } from "#deploy/cdktf.ts";
import { outputs } from "#deploy/terraform.ts";
import type { Client } from "../../start/client.ts";
import { type CheckContext, callAs, callUntil } from "../context.ts";
import { makeRequest } from "../request.ts";
import { ours, plansAreEmpty } from "./deployment.ts";

const configuration = "config/environments/local/index.ts";
/** Where the environment says for whom its CA works; the lists go in front of it. */
const anchor = '    organization: "Example Ltd",\n';

export async function gitOps(at: CheckContext): Promise<void> {
  await callers(at);
  const [first, second] = [await listed(at, "gitops-a"), await listed(at, "gitops-b")];
  at.project.edit(configuration, anchor, `${anchor}${clientsText([first, second])}`);
  await deploy(at.terraform, [ours(at).ca]);
  const [a, b] = [await fetched(at, first), await fetched(at, second)];
  for (const client of [a, b])
    at.report.row(
      19,
      `${client.name}: listed, deployed, admitted`,
      /^200 /,
      (await callAs(at, client)).summary,
    );
  await plansAreEmpty(at, "after a client was added", 19);

  await at.operate(...["revoke", "--env", "local", "--client", b.name, "--reason", "superseded", "--yes"]);
  const line = `{ generation: "${a.generation}", serial: "0x${a.serial}", reason: "keyCompromise" }`;
  at.project.edit(configuration, anchor, `${anchor}    revoked: [${line}],\n`);
  const before = await count(at);
  await deploy(at.terraform, [ours(at).ca]);
  await revokedByFile(at, a);
  await driftShown(at, a, b);
  at.report.row(19, "what was issued is not issued again", String(before), String(await count(at)));
  await plansAreEmpty(at, "after a revocation was added", 19);
}

async function revokedByFile(at: CheckContext, client: Client): Promise<void> {
  const { got } = await callUntil(at, client, "403", at.api.authorizer.refreshSeconds + 10);
  at.report.row(19, `${client.name}: revoked by the configuration, refused`, "403 revocation/revoked", got);
  at.report.row(19, "… another client goes on", /^200 /, (await callAs(at, at.good)).summary);
}

/** The one that was revoked by command is drift; the one that the file lists is not. */
async function driftShown(at: CheckContext, listedOne: Client, commanded: Client): Promise<void> {
  const { drift } = await outputs(at.terraform, ours(at).ca);
  const serials = (drift as readonly { readonly serial: string }[]).map((one) => one.serial);
  const seen = (client: Client) => (serials.includes(client.serial) ? "drift" : "no drift");
  at.report.row(19, "revoked by command: shows as drift in the outputs", "drift", seen(commanded));
  at.report.row(19, "revoked by the configuration: no drift", "no drift", seen(listedOne));
}

interface Listed {
  readonly name: string;
  readonly folder: string;
}

/** A client as a partner brings it: the key stays there, the request comes into the repository. */
async function listed(at: CheckContext, name: string): Promise<Listed> {
  const folder = join(at.folder, name);
  mkdirSync(folder, { recursive: true });
  const { key, csr } = makeRequest(name, "Partners");
  writeFileSync(join(folder, "client-key.pem"), key, { mode: 0o600 });
  at.project.write(`config/environments/local/clients/${name}.csr`, csr);
  return { name, folder };
}

const clientsText = (all: readonly Listed[]): string =>
  `    clients: [\n${all
    .map(({ name }) => `      { name: "${name}", csr: "clients/${name}.csr", profile: "client" },\n`)
    .join("")}    ],\n`;

/** The certificate as the partner gets it: by the client's name. */
async function fetched(at: CheckContext, { name, folder }: Listed): Promise<Client> {
  const shown = JSON.parse(await at.operate("show", "--env", "local", "--client", name, "--json")) as {
    readonly generation: string;
    readonly serial: string;
    readonly certificate: string;
  };
  const certificate = join(folder, "client-cert.pem");
  writeFileSync(certificate, shown.certificate);
  const { generation, serial } = shown;
  return { name, folder, certificate, key: join(folder, "client-key.pem"), generation, serial };
}

async function count(at: CheckContext): Promise<number> {
  return (JSON.parse(await at.operate("list", "--env", "local", "--json")) as unknown[]).length;
}

/** Who asks is told by the alias; what it may ask for by the configuration. */
async function callers(at: CheckContext): Promise<void> {
  const [caller] = at.environment.ca.callers;
  if (!caller) throw new Error("config/environments/local names no caller: check 19 asks as one");
  const asked = (name: string, alias?: string, profile = "client") =>
    outcome(at.ca.connection, at, "ca-issue", { csr: makeRequest(name, "Partners").csr, profile }, alias);
  const rows: readonly (readonly [string, string, () => Promise<string>])[] = [
    ["ca-issue itself, without an alias", "caller", () => asked("partner-z")],
    [`${caller.name} asks for a name of its own`, "issued", () => asked("partner-z", caller.name)],
    [`${caller.name} asks for another name`, "not-permitted", () => asked("somebody", caller.name)],
    [
      `${caller.name} asks for another profile`,
      "not-permitted",
      () => asked("partner-z", caller.name, "server"),
    ],
    ["an operator asks for any name", "issued", () => asked("somebody", caAliases.operator)],
  ];
  for (const [what, expected, got] of rows) at.report.row(19, what, expected, await got());
  await permissionByAlias(at);
}

/** ca-reconcile's role may invoke its own alias of ca-issue, and no other way in. */
async function permissionByAlias(at: CheckContext): Promise<void> {
  const { environment, ca } = at;
  const role = await ca.assumeFunctionRole(
    environment.ca.account,
    caFunctionName(environment.name, "ca-reconcile"),
  );
  const ask = (slug: CaFunction, alias?: string) => outcome(role, at, slug, {}, alias);
  const own = caAliases.reconcile;
  at.report.row(19, "ca-reconcile invokes its alias of ca-issue", "request", await ask("ca-issue", own));
  at.report.row(19, "ca-reconcile invokes ca-issue itself", "denied", await ask("ca-issue"));
  at.report.row(
    19,
    "ca-reconcile invokes the operators' alias of ca-issue",
    "denied",
    await ask("ca-issue", caAliases.operator),
  );
}

async function outcome(
  connection: CheckContext["ca"]["connection"],
  { environment }: CheckContext,
  slug: CaFunction,
  request: IssueRequest | Record<string, never>,
  alias?: string,
): Promise<string> {
  try {
    const answer = (await invokeFunction(
      connection,
      caFunctionName(environment.name, slug),
      request,
      alias,
    )) as IssueResult | Refusal;
    return "refused" in answer ? answer.refused.code : "issued";
  } catch (error) {
    return (error as { code?: string }).code === "denied" ? "denied" : String(error);
  }
}
