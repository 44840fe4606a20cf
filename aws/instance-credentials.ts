/**
 * The environment of a function, on an EC2 instance: credentials of the instance's role by IMDSv2, asked anew each time
 * (they last for hours, and a refresh is short). What the environment says itself comes first.
 */
import { createExchange } from "./bounded-exchange.ts";
import { type FunctionEnvironment, hostOf } from "./function-credentials.ts";

/** Link-local: it never leaves the machine, so it is plain http. */
const metadataService = "http://169.254.169.254";

/** Rejects when there are none; never with anything of them. */
export async function instanceEnvironment(
  environment: FunctionEnvironment,
  region: string,
): Promise<FunctionEnvironment> {
  const own = { ...environment, AWS_REGION: region };
  if (environment.AWS_ACCESS_KEY_ID) return own;
  const host = hostOf(new URL(environment.AWS_EC2_METADATA_SERVICE_ENDPOINT ?? metadataService));
  const exchange = createExchange({ plain: true, timeoutMilliseconds: 2_000 });
  const ask = async (method: "GET" | "PUT", path: string, headers: Record<string, string>) => {
    const reply = await exchange({ ...host, method, path, headers, maxBytes: 16_384 });
    if (reply.kind !== "reply" || reply.status !== 200)
      throw new Error(
        `instance metadata ${path}: ${reply.kind === "reply" ? `status ${reply.status}` : reply.kind}`,
      );
    return reply.body.toString("utf8").trim();
  };
  const token = await ask("PUT", "/latest/api/token", { "X-aws-ec2-metadata-token-ttl-seconds": "60" });
  const headers = { "X-aws-ec2-metadata-token": token };
  const roles = "/latest/meta-data/iam/security-credentials/";
  const role = await ask("GET", roles, headers);
  if (!/^[\w+=,.@-]{1,64}$/.test(role)) throw new Error("instance metadata: the instance has no role");
  return { ...own, ...credentialsIn(await ask("GET", roles + role, headers)) };
}

function credentialsIn(text: string): FunctionEnvironment {
  let parsed: Record<string, unknown> = {};
  try {
    parsed = JSON.parse(text);
  } catch {
    // The parser's message would quote them.
  }
  const { AccessKeyId, SecretAccessKey, Token } = parsed;
  if (typeof AccessKeyId !== "string" || typeof SecretAccessKey !== "string" || typeof Token !== "string")
    throw new Error("instance metadata: no credentials in the answer");
  return { AWS_ACCESS_KEY_ID: AccessKeyId, AWS_SECRET_ACCESS_KEY: SecretAccessKey, AWS_SESSION_TOKEN: Token };
}
