/** The gate of a deployed function: everything by its own role, in its own region, by the machine's clocks. */
import { createSecretReader } from "#aws/secret-value.ts";
import { createSignDigest } from "#aws/sign-digest.ts";
import { createSignedGet } from "#aws/signed-get.ts";
import { type Gate, openGate } from "./gate.ts";
import { hooks } from "./hooks.ts";

export interface LambdaGateOptions {
  readonly policy: Readonly<Record<`POLICY_${"BUCKET" | "KEY" | "VERSION" | "SHA256"}`, string>>;
  /** Of each request that it makes. */
  readonly timeoutMilliseconds: number;
}

export function lambdaGate({ policy, timeoutMilliseconds }: LambdaGateOptions): Gate {
  const region = process.env.AWS_REGION;
  if (!region) throw new Error("AWS_REGION must be set; Lambda sets it");
  const options = { environment: process.env, timeoutMilliseconds };
  const now = () => new Date();
  return openGate({
    policy: {
      bucket: policy.POLICY_BUCKET,
      region,
      key: policy.POLICY_KEY,
      version: policy.POLICY_VERSION,
      sha256: policy.POLICY_SHA256,
    },
    get: createSignedGet(options),
    secrets: createSecretReader({ ...options, now }),
    sign: createSignDigest(options),
    hooks,
    now,
    // `performance.now()` would load a module of its own.
    stopwatch: () => Number(process.hrtime.bigint()) / 1e6,
  });
}
