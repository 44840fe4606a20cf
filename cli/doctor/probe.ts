/**
 * The calls that a partner and a stranger would make: without a certificate the connection is closed, an untrusted
 * one gets 403, a good one 200, and the execute-api address answers nobody.
 *
 * Every call is a real one to the deployed API; the good one writes whatever its route writes.
 */
import { generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { type RequestOptions, request } from "node:https";
import { prepareRoot } from "#pki/issue.ts";
import { encodePem } from "#pki/pem.ts";
import { parsePublicKey } from "#pki/public-key.ts";
import { randomSerial } from "#pki/serial.ts";
import { signatureAlgorithms } from "#pki/signature.ts";
import { attachSignature } from "#pki/unsigned.ts";
import { type Finding, fail, ok } from "./check.ts";

export interface ProbeTarget {
  readonly domain: string;
  readonly executeApi: string;
  readonly stage: string;
  readonly method: string;
  readonly path: string;
  /** Where to connect when the name is not to be resolved: the gateway on this machine. */
  readonly local?: { readonly port: number; readonly ca: string };
  /** PEM. */
  readonly client?: { readonly certificate: string; readonly key: string };
}

type Answer = { readonly status: number } | { readonly closed: string };
type Identity = { readonly cert: string; readonly key: string } | undefined;

export async function probe(target: ProbeTarget, now: Date): Promise<readonly Finding[]> {
  const { domain, client, stage, path } = target;
  const good: Identity = client && { cert: client.certificate, key: client.key };
  const api = `${target.method} https://${domain}${path}`;
  const closedOne = await call(target, domain, path, undefined);
  const untrusted = await call(target, domain, path, strangersIdentity(now));
  const beside = await call(target, target.executeApi, `/${stage}${path}`, good);
  return [
    "closed" in closedOne
      ? ok("probe-no-certificate", api, "connection closed")
      : fail("probe-no-certificate", api, `answered ${closedOne.status} without a certificate`, urgent),
    expected("probe-untrusted", api, untrusted, 403, "with a certificate that nobody trusts", urgent),
    ...(good
      ? [
          expected(
            "probe-good",
            api,
            await call(target, domain, path, good),
            200,
            "with the given certificate",
            "read the authorizer's audit lines for the step and code",
          ),
        ]
      : []),
    expected("probe-execute-api", `https://${target.executeApi}`, beside, 403, "beside the domain", urgent),
  ];
}

const urgent = "take the API off the net until it is understood: docs/operations.md";

function expected(
  code: string,
  subject: string,
  answer: Answer,
  status: number,
  how: string,
  todo: string,
): Finding {
  const got = "status" in answer ? String(answer.status) : `connection closed (${answer.closed})`;
  return got === String(status)
    ? ok(code, subject, `${status} ${how}`)
    : fail(code, subject, `${got} ${how}, expected ${status}`, todo);
}

function call(target: ProbeTarget, name: string, path: string, identity: Identity): Promise<Answer> {
  const { local, method } = target;
  const options: RequestOptions = {
    ...(local ? { host: "127.0.0.1", port: local.port, ca: local.ca } : { host: name, port: 443 }),
    ...{ servername: name, method, path, agent: false, timeout: 30_000, ...identity },
    headers: { host: name, "content-type": "application/json", "content-length": 0 },
  };
  return new Promise((resolve) => {
    const asked = request(options, (response) => {
      response.resume();
      resolve({ status: response.statusCode ?? 0 });
    });
    asked.on("timeout", () => asked.destroy(new Error("no answer in 30 s")));
    asked.on("error", (error: NodeJS.ErrnoException) => resolve({ closed: error.code ?? error.message }));
    asked.end();
  });
}

/** A self-signed certificate whose key is thrown away with this process. */
function strangersIdentity(now: Date): { readonly cert: string; readonly key: string } {
  const { publicKey, privateKey }: { publicKey: KeyObject; privateKey: KeyObject } = generateKeyPairSync(
    "ec",
    {
      namedCurve: "P-256",
    },
  );
  const unsigned = prepareRoot({
    publicKey: parsePublicKey(publicKey.export({ format: "der", type: "spki" })),
    subject: [{ type: "CN", value: "doctor, whom nobody trusts" }],
    serial: randomSerial(),
    notBefore: new Date(now.getTime() - 3_600_000),
    notAfter: new Date(now.getTime() + 3_600_000),
  });
  const { hash } = signatureAlgorithms[unsigned.algorithm];
  return {
    cert: encodePem("CERTIFICATE", attachSignature(unsigned, sign(hash, unsigned.tbs, privateKey))),
    key: privateKey.export({ format: "pem", type: "pkcs8" }).toString(),
  };
}
