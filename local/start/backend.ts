/**
 * The backend of the local API: on this machine, in an account of its own, reading the JWKS with the role that the
 * configuration names, as a real one would.
 */
import { AccountSeed } from "#aws/account-seed.ts";
import { AccountTools } from "#aws/account-tools.ts";
import { asRole } from "#aws/assume-role.ts";
import { jwksKey } from "#contract/backend-token.ts";
import { jwksBucketName } from "#contract/names.ts";
import { accountRoot } from "../aws/seed.ts";
import type { EmbeddedAws } from "../aws/start.ts";
import { type PetsBackend, startPetsBackend } from "../backend/pets-backend.ts";
import { api, environment } from "./local-environment.ts";
import { LocalError } from "./local-error.ts";

export interface LocalApiBackend {
  readonly hostName: string;
  readonly pets: PetsBackend;
}

export async function startLocalBackend(aws: EmbeddedAws): Promise<LocalApiBackend> {
  const [reader] = api.backend?.readers ?? [];
  if (!api.backend || !reader)
    throw new LocalError("configuration", "config/environments/local has no backend with a reader");
  const [, , , , account = "", role = ""] = reader.split(":");
  const bucket = jwksBucketName(environment.name, api.name, api.account);
  const root = accountRoot(aws, account, api.region);
  await new AccountSeed(root).role({
    name: role.replace("role/", ""),
    description: "The backend: reads the keys of its tokens",
    trust: statement({ Action: "sts:AssumeRole", Principal: { AWS: `arn:aws:iam::${account}:root` } }),
    permissions: statement({ Action: "s3:GetObject", Resource: `arn:aws:s3:::${bucket}/${jwksKey}` }),
  });
  const tools = new AccountTools(asRole(root, reader));
  const hostName = new URL(api.backend.url).hostname;
  const pets = await startPetsBackend({
    hostName,
    issuer: `https://${api.domain}`,
    audience: api.backend.audience ?? api.backend.url,
    readJwks: async () => (await tools.read(bucket, jwksKey)).toString("utf8"),
  });
  return { hostName, pets };
}

const statement = (one: object) => ({
  Version: "2012-10-17" as const,
  Statement: [{ Effect: "Allow" as const, ...one }],
});
