/** The CA account: what makes certificates and CRLs, by engine, and the bucket in which they are published. */
import { TerraformOutput, type TerraformResource } from "cdktf";
import type { Construct } from "constructs";
import { type Environment, isOn } from "#config/environment.ts";
import { caOutputs } from "#contract/ca-outputs.ts";
import { stackNames } from "#contract/names.ts";
import type { EngineResults } from "./ca/engine.ts";
import { ExistingEngine } from "./ca/existing-engine.ts";
import { ExternalBucket } from "./ca/external-bucket.ts";
import { kmsEngine } from "./ca/kms-engine.ts";
import { StateReader } from "./ca/state-reader.ts";
import { TlsEngine } from "./ca/tls-engine.ts";
import { AccountStack } from "./shared/account-stack.ts";

export class CaStack extends AccountStack {
  constructor(scope: Construct, props: { readonly environment: Environment }) {
    const { environment } = props;
    super(scope, { ...environment.ca, environment, name: stackNames.ca(environment.name) });

    const bucket = new ExternalBucket(this, "external", { environment });
    const engine = engineOf(this, environment, bucket);
    if (environment.apis.length > 0) new StateReader(this, "state-reader", { environment });

    const output = (name: string, value: unknown) => {
      const made = new TerraformOutput(this, name, { value, staticId: true });
      // As names: the construct would write expressions, which Terraform does not take here.
      if (engine.ready.length > 0) made.addOverride("depends_on", engine.ready.map(addressOf));
    };
    output(caOutputs.truststoreUri, engine.truststore.uri);
    output(caOutputs.truststoreVersion, engine.truststore.version);
    output(caOutputs.truststoreSha256, engine.truststore.sha256);
    output(caOutputs.bucket, bucket.bucket.bucket);
    output(caOutputs.bucketRegion, environment.ca.region);
    output(caOutputs.issuers, engine.issuers);
    output(caOutputs.drift, engine.drift);
    output(caOutputs.clientNotices, engine.clientNotices);
  }
}

const addressOf = ({ terraformResourceType, friendlyUniqueId }: TerraformResource): string =>
  `${terraformResourceType}.${friendlyUniqueId}`;

function engineOf(stack: CaStack, environment: Environment, bucket: ExternalBucket): EngineResults {
  if (isOn(environment, "tls")) return new TlsEngine(stack, "engine", { environment, bucket }).results;
  if (isOn(environment, "existing"))
    return new ExistingEngine(stack, "engine", { environment, bucket }).results;
  if (isOn(environment, "kms")) return kmsEngine(stack, { environment, bucket });
  throw new Error(`no engine "${environment.ca.engine.kind}"`);
}
