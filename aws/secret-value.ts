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
  /** Of Secrets Manager; left out: AWSCURRENT. */
  readonly stage?: string;
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
    question: ({ id, stage }: SecretName) => ({ SecretId: id, ...(stage ? { VersionStage: stage } : {}) }),
    answer: (json: Answer) => json.SecretString,
  },
  "parameter-store": {
    service: "ssm",
    target: "AmazonSSM.GetParameter",
    question: ({ id }: SecretName) => ({ Name: id, WithDecryption: true }),
    answer: (json: Answer) => json.Parameter?.Value,
  },
} as const;

interface Answer {
  /** Of an error. */
  readonly __type?: unknown;
  readonly SecretString?: unknown;
  readonly Parameter?: { readonly Value?: unknown };
}

export function createSecretReader(options: SecretReaderOptions): SecretReader {
  const { now } = options;
  const fetchSecret = createSecretFetch(options);
  const kept = new Map<string, { readonly value: string; readonly at: number }>();
  return async (name) => {
    const id = `${name.store} ${name.id} ${name.stage ?? ""}`;
    const known = kept.get(id);
    const age = known ? (now().getTime() - known.at) / 1000 : Number.POSITIVE_INFINITY;
    if (known && age >= 0 && age < keptSeconds) return known.value;
    const answer = await fetchSecret(name);
    if ("problem" in answer) throw new Error(`secret ${name.id}: ${answer.problem}`);
    kept.set(id, { value: answer.value, at: now().getTime() });
    return answer.value;
  };
}

/** The value, or why there is none; `error` is AWS's name of it, where the store has answered with one. */
export type SecretAnswer = { readonly value: string } | { readonly problem: string; readonly error?: string };

/** Asks each time. */
export function createSecretFetch(
  options: Omit<SecretReaderOptions, "now">,
): (name: SecretName) => Promise<SecretAnswer> {
  const { environment } = options;
  const region = environment.AWS_REGION;
  if (!region) throw new Error("AWS_REGION must be set; Lambda sets it");
  const endpoint = customEndpoint(environment, "OTHER");
  const exchange = createExchange({ plain: endpoint?.protocol === "http:", ...options });
  return async (name) => {
    const store = stores[name.store];
    const host = endpoint ? hostOf(endpoint) : { hostname: `${store.service}.${region}.amazonaws.com` };
    const reply = await exchange({
      ...signed(name, region, host, functionCredentials(environment)),
      ...{ maxBytes, readsRefusals: true },
    });
    if (reply.kind !== "reply") return { problem: reply.kind };
    const { status } = reply;
    if (status !== 200) {
      const error = errorIn(reply.body);
      return error ? { problem: `status ${status}, ${error}`, error } : { problem: `status ${status}` };
    }
    const value = textIn(reply.body, store.answer);
    return value === undefined ? { problem: "no text in the answer" } : { value };
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

/** `ResourceNotFoundException`, without the namespace that some services put before it; a message is not taken. */
function errorIn(body: Buffer): string | undefined {
  const type = textIn(body, (json) => json.__type);
  return /(?:^|#)([A-Za-z]{1,64})$/.exec(type ?? "")?.[1];
}

function signed(
  name: SecretName,
  region: string,
  host: { readonly hostname: string; readonly port?: number },
  identity: ReturnType<typeof functionCredentials>,
) {
  const { service, target, question } = stores[name.store];
  const request = { ...host, method: "POST", path: "/", body: JSON.stringify(question(name)) } as const;
  const headers = { "Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": target };
  const { headers: all } = aws4.sign({ ...request, service, region, headers }, identity);
  return { ...request, headers: all as Record<string, string> };
}
