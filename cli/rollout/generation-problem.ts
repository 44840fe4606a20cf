/**
 * A generation may become active only when every API already pins a truststore that holds it: otherwise the clients
 * that it issues to would be turned away at the door.
 */
import type { ApiEnvironment, Environment } from "#config/environment.ts";
import { caOutputs } from "#contract/ca-outputs.ts";
import { stackNames, stateKey } from "#contract/names.ts";
import { parseCertificate } from "#pki/certificate.ts";
import { decodePem } from "#pki/pem.ts";
import { apiReader, caState, type Examined } from "../doctor/check.ts";

/** Undefined when nothing speaks against it, or nothing is deployed yet. */
export async function generationProblem(at: Examined): Promise<string | undefined> {
  const { environment } = at;
  const active = activeGeneration(environment);
  if (active === undefined || !(await isCaDeployed(at))) return undefined;
  const { issuers } = await caState(at);
  const issuer = issuers.find((one) => one.generation === active);
  if (!issuer)
    return `generation ${active} is to be active, but is not in the truststore yet: roll it out as "trusted" first`;
  for (const api of environment.apis) {
    const pinned = await pinnedFingerprints(at, api);
    if (pinned && !pinned.has(issuer.issuingFingerprint))
      return `generation ${active} is to be active, but ${api.domain} pins a truststore that does not hold it: roll it out as "trusted" first`;
  }
  return undefined;
}

export async function isCaDeployed({ environment, reader }: Examined): Promise<boolean> {
  const { ca, name } = environment;
  const outputs = await reader(ca.account, ca.state.region).outputs(
    ca.state.bucket,
    stateKey(stackNames.ca(name)),
  );
  const version = outputs?.[caOutputs.truststoreVersion];
  return typeof version === "string" && version !== "";
}

/** Other engines have no generations of ours. */
function activeGeneration({ ca: { engine } }: Environment): string | undefined {
  return "generations" in engine ? engine.generations.find((one) => one.status === "active")?.id : undefined;
}

async function pinnedFingerprints(at: Examined, api: ApiEnvironment): Promise<Set<string> | undefined> {
  const tls = (await apiReader(at, api).domain(api.domain, api.account))?.mutualTls;
  const match = /^s3:\/\/([^/]+)\/(.+)$/.exec(tls?.truststoreUri ?? "");
  if (!match) return undefined;
  const [, bucket = "", key = ""] = match;
  const object = await apiReader(at, api).object(bucket, key, tls?.truststoreVersion);
  if (!object) return new Set();
  const certificates = decodePem(object.body.toString("utf8"), "CERTIFICATE");
  return new Set(certificates.map((der) => parseCertificate(der).fingerprint));
}
