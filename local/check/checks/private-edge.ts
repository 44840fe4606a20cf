/**
 * Checks 50 to 56: calls through NGINX to the private API, refused by NGINX or by the private API's own authorizer; and
 * past NGINX, where neither a certificate in a header nor the endpoint opens anything.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { EdgeTools } from "#aws/edge-tools.ts";
import { stackNames } from "#contract/names.ts";
import { edgeHeaders } from "#contract/private-edge.ts";
import { usagePlanName } from "#contract/usage.ts";
import { parseCertificate } from "#pki/certificate.ts";
import { decodeOnePem } from "#pki/pem.ts";
import { atEdge, auditOf, type EdgeContext, escaped, judged, past, through } from "../at-edge.ts";
import { auditLine, call, callAs, eventually, gatewayReason } from "../context.ts";
import { ofImitatedIssuer, selfSigned } from "../strangers.ts";
import { issuingCertificate } from "./certificates.ts";

export const edgeGoodCertificate = atEdge(50, "a good certificate", async (context) => {
  const { at, edge } = context;
  const answer = await through(context, at.good);
  const open = await callAs(at, at.good);
  at.report.row(50, "through NGINX: the answer of the public API", open.summary, answer.summary);
  at.report.row(50, "… which is a good one", /^200 /, open.summary);
  const { decision, serial } = await auditOf(context, answer);
  at.report.row(
    50,
    "… let in by the private API's own authorizer",
    `allow ${at.good.serial}`,
    `${decision} ${serial}`,
  );
  const host = hostOf(context, answer.requestId);
  at.report.row(50, "… at the address that the launch template tells", edge.gateway.server.domain, host);
  at.report.row(
    50,
    "… which is another API's than the public one's",
    "another",
    host.startsWith(at.deployedApi().apiId) ? "the same" : "another",
  );
  at.report.row(
    50,
    "an instance is told the DNS name of NGINX's own endpoint",
    new RegExp(`^vpce-[0-9a-z-]+\\.execute-api\\.${at.api.region}\\.vpce\\.amazonaws\\.com$`),
    edge.instance.told.upstream.address,
  );
});

/** The gateway's host that answered a request. */
const hostOf = ({ at }: EdgeContext, requestId: string): string =>
  at.records().findLast((one) => one.requestId === requestId)?.host ?? "none";

export const edgeRefusals = atEdge(51, "refused by NGINX", async (context) => {
  const { at, edge } = context;
  const row = async (what: string, expected: string, answer: Awaited<ReturnType<typeof through>>) =>
    at.report.row(51, what, expected, await judged(context, answer));
  const none = await through(context, undefined);
  await row("no certificate", "403 no-certificate by NGINX", none);
  at.report.row(
    51,
    "… with our body",
    /^403 \{"message":"[^"]+","code":"no-certificate","requestId":"[0-9a-f]{32}"\}$/,
    none.summary,
  );
  // For one that signed itself nobody publishes a list.
  const own = selfSigned(at.folder);
  await row("a self-signed certificate", "403 revocation-unknown by NGINX", await call(edge, own));
  const imitated = ofImitatedIssuer(at.folder, await issuingCertificate(at));
  await row("another CA with our CA's names", "403 issuer-not-accepted by NGINX", await call(edge, imitated));
  const server = await at.issue("service.internal.example.com", { profile: "server" });
  const purpose = "403 certificate-not-for-clients by NGINX";
  await row("a server's certificate of our CA", purpose, await through(context, server));
  await expired(context);
  const elsewhere = "api.other.example.com";
  const host = await through(context, at.good, { host: elsewhere });
  await row("another Host than the server name", "421 wrong-host by NGINX", host);
  const name = await through(context, at.good, { serverName: elsewhere, insecure: true });
  at.report.row(51, "another server name: no handshake", "closed (curl 35)", name.summary);
  at.report.row(51, "the good one meanwhile", /^200 /, (await through(context, at.good)).summary);
});

async function expired(context: EdgeContext): Promise<void> {
  const { at } = context;
  const client = await at.issue("short-lived-inside", { validSeconds: 4 });
  const { notAfter } = parseCertificate(
    decodeOnePem(readFileSync(client.certificate, "utf8"), "CERTIFICATE"),
  );
  const valid = (await through(context, client)).summary;
  at.report.row(51, "a short-lived certificate, still valid", /^200 /, valid);
  await eventually(async () => Date.now() > notAfter.getTime() + 1000 || undefined, 30);
  const after = await judged(context, await through(context, client));
  at.report.row(51, "… and past its end", "403 certificate-not-valid-now by NGINX", after);
}

export const edgeForgedHeaders = atEdge(52, "forged headers", async (context) => {
  const { at, edge } = context;
  const other = await at.issue("partner-inside");
  const [certificate, secret] = [edgeHeaders.certificate, edgeHeaders.secret];
  const forged = {
    [certificate]: escaped(other),
    [certificate.replaceAll("-", "_")]: escaped(other),
    [secret]: "x".repeat(64),
    "x-ssl-cert": escaped(other),
    "x-apigw-api-id": at.deployedApi().apiId,
  };
  const answer = await through(context, at.good, { headers: forged });
  at.report.row(52, "another client's certificate and a secret in headers: dropped", /^200 /, answer.summary);
  const { serial = "" } = await auditOf(context, answer);
  at.report.row(52, "… the caller stays who it is", at.good.serial, serial);
  at.report.row(52, "… at the private API", edge.gateway.server.domain, hostOf(context, answer.requestId));
  const without = await through(context, undefined, { headers: { [certificate]: escaped(at.good) } });
  at.report.row(
    52,
    "a good certificate in the header alone",
    "403 no-certificate by NGINX",
    await judged(context, without),
  );
  const twin = await auditOf(context, await through(context, other));
  at.report.row(52, "… whose owner calls as itself", other.serial, twin.serial ?? "");
});

export const edgePastNginx = atEdge(53, "past NGINX", async (context) => {
  const { at, edge } = context;
  const certificate = { [edgeHeaders.certificate]: escaped(at.good) };
  const secret = (value: string) => ({ ...certificate, [edgeHeaders.secret]: value });
  const refused = "403 place/not-through-edge";
  const row = async (what: string, expected: string | RegExp, headers: Record<string, string>) =>
    at.report.row(53, what, expected, await judged(context, await past(context, headers)));
  await row("by the right endpoint, without a secret", `${refused} (not exactly one secret)`, certificate);
  await row("… with a wrong one", `${refused} (secret)`, secret("x".repeat(64)));
  const known = currentSecret(context);
  await row("… with the secret's beginning", `${refused} (secret)`, secret(known.slice(0, -1)));
  const twice = { ...secret(known), [edgeHeaders.secret.toUpperCase()]: known };
  await row("… with the right one twice", `${refused} (not exactly one secret)`, twice);
  await row("… with the right one, as only NGINX knows it", /^200 /, secret(known));
  await row("… and no certificate", "403 place/no-certificate (not exactly one header)", {
    [edgeHeaders.secret]: known,
  });

  const header = { [edgeHeaders.certificate]: escaped(at.good), [edgeHeaders.secret]: known };
  const stranger = await at.issue("visitor-inside", { organizationalUnit: "Visitors" });
  const open = await callAs(at, stranger, { headers: header });
  const line = await auditLine(at, open.requestId);
  const told = `${open.status} ${line?.code} ${line?.serial}`;
  at.report.row(53, "both headers mean nothing at the public API", `403 no-rule ${stranger.serial}`, told);
  const closed = /^closed \(curl (35|52|55|56)\)$/;
  at.report.row(53, "… and let nobody in", closed, (await call(at, { headers: header })).summary);
  const { domain } = edge.gateway.server;
  const around = await callAs(at, at.good, {
    ...{ serverName: domain, insecure: true, headers: header },
    path: `${edge.gateway.stage}/api`,
  });
  at.report.row(
    53,
    "the private API's address, asked from outside",
    '403 {"message":"Forbidden"}',
    around.summary,
  );
});

/** Of what NGINX includes: whoever is root on an instance knows it. */
export function currentSecret({ edge }: EdgeContext): string {
  const text = readFileSync(join(edge.instance.material, "secret.conf"), "utf8");
  return /"([^"]+)"/.exec(text)?.[1] ?? "";
}

export const edgeBackend = atEdge(55, "a backend behind the private API", async (context) => {
  const { at } = context;
  const path = { method: "GET", path: "/pets/1" };
  const open = await callAs(at, at.good, path);
  const inside = await through(context, at.good, path);
  at.report.row(55, "a backend, with a token for it: as by the public API", open.summary, inside.summary);
  at.report.row(55, "… which is a good answer", /^200 /, open.summary);
  const got = at.backend.headers();
  const seen = [edgeHeaders.certificate, edgeHeaders.secret]
    .map((name) => String(got[name] ?? "-"))
    .join(" ");
  at.report.row(55, "… it sees neither certificate nor secret", "removed removed", seen);
  const whole = JSON.stringify(got);
  const leak = [currentSecret(context), escaped(at.good).slice(40, 120)].some((one) => whole.includes(one));
  at.report.row(55, "… under no name", "neither", leak ? "in another header" : "neither");
});

/** Check 31 has used up its limit and one more; the plan's clients are its only ones. */
export const edgeQuota = atEdge(56, "one quota for both ways", async (context) => {
  const { at, edge } = context;
  const trial = at.api.quotas?.plans.trial;
  if (!trial?.requests) throw new Error("local has a class trial with a quota");
  const client = await at.issue("trial-inside", { organizationalUnit: "Trial" });
  const plan = usagePlanName(stackNames.api(at.environment.name, at.api.name), "trial");
  const reload = () => Promise.all([at.reloadGateway(), edge.gateway.reload()]);
  await new EdgeTools(at.apiAccount.connection).withQuota(plan, trial.requests.limit + 3, async () => {
    await reload();
    await wait((1100 * trial.burst) / trial.ratePerSecond);
    const [open, inside] = [await callAs(at, client), await through(context, client)];
    at.report.row(56, "two more are allowed: one by the public API", /^200 /, open.summary);
    at.report.row(56, "… one by the private API", /^200 /, inside.summary);
    const used = "429 quota-exceeded";
    at.report.row(56, "… a third by either: used up", used, gatewayReason(at, await callAs(at, client)));
    at.report.row(56, "…", used, gatewayReason(at, await through(context, client)));
    at.report.row(56, "another client meanwhile", /^200 /, (await through(context, at.good)).summary);
  });
  await reload();
});
