/**
 * Engine "kms": keys in KMS, a ledger, four functions, and the hierarchy that they bring about. Nothing private is in
 * Terraform's state. What stands here stands directly in the stack: its addresses are older than this file.
 */
import type { Construct } from "constructs";
import type { KmsEnvironment } from "#config/environment.ts";
import { DesiredState } from "./desired-state.ts";
import type { EngineProps, EngineResults } from "./engine.ts";
import { EventBus } from "./event-bus.ts";
import { CaFunctions } from "./functions.ts";
import { GenerationKeys } from "./generation-keys.ts";
import { Hierarchy } from "./hierarchy.ts";
import { Ledger } from "./ledger.ts";
import { Notifications } from "./notifications.ts";

export function kmsEngine(
  stack: Construct,
  { environment, bucket }: EngineProps<KmsEnvironment>,
): EngineResults {
  const ledger = new Ledger(stack, "ledger", { environment });
  const keys = environment.ca.engine.generations.map(
    (generation) => new GenerationKeys(stack, generation.id, { environment, generation }),
  );
  const bus = new EventBus(stack, "events", { environment });
  const functions = new CaFunctions(stack, "functions", { environment, ledger, bucket, keys, bus });
  const desired = new DesiredState(stack, "desired-state", { environment, bucket });
  const hierarchy = new Hierarchy(stack, "hierarchy", { environment, functions, bucket, keys, desired });
  new Notifications(stack, "notifications", { environment, bus, keys, functions });
  return {
    truststore: {
      uri: hierarchy.result("truststore", "uri"),
      version: hierarchy.result("truststore", "version"),
      sha256: hierarchy.result("truststore", "sha256"),
    },
    issuers: hierarchy.result("issuers"),
    drift: hierarchy.result("drift"),
    clientNotices: hierarchy.result("clientNotices"),
    ready: [],
  };
}
