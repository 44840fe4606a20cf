/** The CA account: keys, ledger, the four functions, the hierarchy and what it publishes. */
import { TerraformOutput } from "cdktf";
import type { Construct } from "constructs";
import type { Environment } from "#config/environment.ts";
import { caOutputs } from "#contract/ca-outputs.ts";
import { stackNames } from "#contract/names.ts";
import { DesiredState } from "./ca/desired-state.ts";
import { ExternalBucket } from "./ca/external-bucket.ts";
import { CaFunctions } from "./ca/functions.ts";
import { GenerationKeys } from "./ca/generation-keys.ts";
import { Hierarchy } from "./ca/hierarchy.ts";
import { Ledger } from "./ca/ledger.ts";
import { StateReader } from "./ca/state-reader.ts";
import { AccountStack } from "./shared/account-stack.ts";

export class CaStack extends AccountStack {
  constructor(scope: Construct, props: { readonly environment: Environment }) {
    const { environment } = props;
    super(scope, { ...environment.ca, environment, name: stackNames.ca(environment.name) });

    const bucket = new ExternalBucket(this, "external", { environment });
    const ledger = new Ledger(this, "ledger", { environment });
    const keys = environment.ca.engine.generations.map(
      (generation) => new GenerationKeys(this, generation.id, { environment, generation }),
    );
    const functions = new CaFunctions(this, "functions", { environment, ledger, bucket, keys });
    const desired = new DesiredState(this, "desired-state", { environment, bucket });
    const hierarchy = new Hierarchy(this, "hierarchy", { environment, functions, bucket, keys, desired });
    if (environment.apis.length > 0) new StateReader(this, "state-reader", { environment });

    output(this, caOutputs.truststoreUri, hierarchy.result("truststore", "uri"));
    output(this, caOutputs.truststoreVersion, hierarchy.result("truststore", "version"));
    output(this, caOutputs.truststoreSha256, hierarchy.result("truststore", "sha256"));
    output(this, caOutputs.bucket, bucket.bucket.bucket);
    output(this, caOutputs.bucketRegion, environment.ca.region);
    output(this, caOutputs.issuers, hierarchy.result("issuers"));
    output(this, caOutputs.drift, hierarchy.result("drift"));
    output(this, caOutputs.clientNotices, hierarchy.result("clientNotices"));
  }
}

function output(stack: CaStack, name: string, value: string): void {
  new TerraformOutput(stack, name, { value, staticId: true });
}
