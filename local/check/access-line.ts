/** What the stage's access log says of one call. */
import { readFileSync } from "node:fs";
import { stackNames } from "#contract/names.ts";
import { parseCertificate } from "#pki/certificate.ts";
import { decodeOnePem } from "#pki/pem.ts";
import { serialDecimal } from "#pki/serial.ts";
import type { Client } from "../start/client.ts";
import { type AtApi, eventually } from "./context.ts";

export interface AccessLine {
  readonly requestId: string;
  readonly status: string;
  readonly integrationStatus: string;
  readonly errorType: string;
  readonly tlsVersion: string;
  readonly waf: { readonly response: string };
  readonly clientCert: { readonly serialNumber: string; readonly subjectDN: string };
}

export const accessLogGroup = ({ environment, api }: AtApi): string =>
  `/mtls-api/${stackNames.api(environment.name, api.name)}/access`;

/** How API Gateway names a client in its log: the serial decimal, the subject's attributes in the certificate's order. */
export function namedInLogs(client: Pick<Client, "certificate">): AccessLine["clientCert"] {
  const leaf = parseCertificate(decodeOnePem(readFileSync(client.certificate, "utf8"), "CERTIFICATE"));
  return {
    serialNumber: serialDecimal(leaf.serial),
    subjectDN: leaf.subject.attributes.map(({ type, value }) => `${type}=${value}`).join(","),
  };
}

/** Logs arrive a moment after the answer. */
export async function accessLine(at: AtApi, requestId: string): Promise<AccessLine | undefined> {
  return eventually(async () => {
    const lines = await at.apiAccount.logMessages(accessLogGroup(at));
    return lines.map((line) => JSON.parse(line) as AccessLine).find((one) => one.requestId === requestId);
  }, 10);
}
