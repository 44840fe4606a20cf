/** A client of engine "tls": Terraform made its key and certificate; both lie in the CA stack's state. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { AccountTools } from "#aws/account-tools.ts";
import { tlsOutputs } from "#contract/ca-outputs.ts";
import { stackNames, stateKey } from "#contract/names.ts";
import { parseCertificate } from "#pki/certificate.ts";
import { decodeOnePem } from "#pki/pem.ts";
import type { Client } from "./client.ts";
import { environment } from "./local-environment.ts";
import { LocalError } from "./local-error.ts";

interface State {
  readonly outputs: Readonly<Record<string, { readonly value: Readonly<Record<string, string>> }>>;
  readonly resources: readonly {
    readonly type: string;
    readonly name: string;
    readonly instances: readonly { readonly attributes: { readonly private_key_pem_pkcs8?: string } }[];
  }[];
}

export async function generatedClient(ca: AccountTools, folder: string, name: string): Promise<Client> {
  const bytes = await ca.read(environment.ca.state.bucket, stateKey(stackNames.ca(environment.name)));
  const { outputs, resources } = JSON.parse(bytes.toString("utf8")) as State;
  const certificate = outputs[tlsOutputs.certificates]?.value[name];
  const made = new RegExp(`^engine_client-${name}-key_[0-9A-F]{8}$`);
  const key = resources.find((one) => one.type === "tls_private_key" && made.test(one.name))?.instances[0]
    ?.attributes.private_key_pem_pkcs8;
  if (!certificate || !key)
    throw new LocalError(
      "configuration",
      `generatedClients of environment ${environment.name} has no "${name}"`,
    );
  mkdirSync(folder, { recursive: true });
  const files = { certificate: join(folder, "client-cert.pem"), key: join(folder, "client-key.pem") };
  writeFileSync(files.certificate, certificate);
  writeFileSync(files.key, key, { mode: 0o600 });
  const { serial } = parseCertificate(decodeOnePem(certificate, "CERTIFICATE"));
  return { ...{ name, folder, serial, generation: "g1" }, ...files };
}
