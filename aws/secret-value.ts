/**
 * Reads one secret at run time, from Secrets Manager or the Parameter Store (SecureString), by a signed POST without
 * the SDK. The value is kept for five minutes, so that a rotated secret is taken up; a failure is not kept.
 *
 * Never logged, never in an error: messages name the secret and what went wrong.
 */
import aws4 from "aws4";
import { createExchange } from "./bounded-exchange.ts";
import {
  customEndpoint,
  type FunctionEnvironment,
  functionCredentials,
  hostOf,
} from "./function-credentials.ts";

export interface SecretName {
  readonly store: "secrets-manager" | "parameter-store";
  /** ARN or name, in the function's own region. */
  readonly id: string;
}

export interface SecretReaderOptions {
  readonly environment: FunctionEnvironment;
  readonly timeoutMilliseconds: number;
  readonly now: () => Date;
}

/** Resolves to the secret's text; rejects when it cannot be had. */
export type SecretReader = (name: SecretName) => Promise<string>;

const keptSeconds = 300;
const maxBytes = 128 * 1024;

const stores = {
  "secrets-manager": {
    service: "secretsmanager",
    target: "secretsmanager.GetSecretValue",
    question: (id: string) => ({ SecretId: id }),
    answer: (json: Answer) => json.SecretString,
  },
  "parameter-store": {
    service: "ssm",
    target: "AmazonSSM.GetParameter",
    question: (id: string) => ({ Name: id, WithDecryption: true }),
    answer: (json: Answer) => json.Parameter?.Value,
  },
} as const;

interface Answer {
  readonly SecretString?: unknown;
  readonly Parameter?: { readonly Value?: unknown };
}

export function createSecretReader(options: SecretReaderOptions): SecretReader {
  const { environment, now } = options;
  const region = environment.AWS_REGION;
  if (!region) throw new Error("AWS_REGION must be set; Lambda sets it");
  const endpoint = customEndpoint(environment, "OTHER");
  const exchange = createExchange({ plain: endpoint?.protocol === "http:", ...options });
  const kept = new Map<string, { readonly value: string; readonly at: number }>();
  return async (name) => {
    const id = `${name.store} ${name.id}`;
    const known = kept.get(id);
    const age = known ? (now().getTime() - known.at) / 1000 : Number.POSITIVE_INFINITY;
    if (known && age >= 0 && age < keptSeconds) return known.value;
    const store = stores[name.store];
    const host = endpoint ? hostOf(endpoint) : { hostname: `${store.service}.${region}.amazonaws.com` };
    const reply = await exchange({
      ...signed(name, region, host, functionCredentials(environment)),
      maxBytes,
    });
    if (reply.kind !== "reply" || reply.status !== 200)
      throw new Error(`secret ${name.id}: ${reply.kind === "reply" ? `status ${reply.status}` : reply.kind}`);
    const value = textIn(reply.body, store.answer);
    if (value === undefined) throw new Error(`secret ${name.id}: no text in the answer`);
    kept.set(id, { value, at: now().getTime() });
    return value;
  };
}

/** Undefined for whatever is not as it should be: the parser's own message would quote the secret. */
function textIn(body: Buffer, answer: (json: Answer) => unknown): string | undefined {
  try {
    const value = answer(JSON.parse(body.toString("utf8")));
    return typeof value === "string" ? value : undefined;
  } catch {
    return undefined;
  }
}

function signed(
  name: SecretName,
  region: string,
  host: { readonly hostname: string; readonly port?: number },
  identity: ReturnType<typeof functionCredentials>,
) {
  const { service, target, question } = stores[name.store];
  const request = { ...host, method: "POST", path: "/", body: JSON.stringify(question(name.id)) } as const;
  const headers = { "Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": target };
  const { headers: all } = aws4.sign({ ...request, service, region, headers }, identity);
  return { ...request, headers: all as Record<string, string> };
}
