/**
 * What this API trusts, read from the CA stack's state through the read-only role: never by a reference that
 * would carry the CA's write role into this stack.
 */
import { DataTerraformRemoteStateS3 } from "cdktf";
import { Construct } from "constructs";
import type { Environment } from "#config/environment.ts";
import { caOutputs } from "#contract/ca-outputs.ts";
import { externalKeys } from "#contract/external-bucket.ts";
import { roleArn, roleNames, stackNames, stateKey } from "#contract/names.ts";

export class CaTrust extends Construct {
  readonly #state: DataTerraformRemoteStateS3;

  constructor(scope: Construct, id: string, props: { readonly environment: Environment }) {
    super(scope, id);
    const { name, ca } = props.environment;
    this.#state = new DataTerraformRemoteStateS3(this, "state", {
      bucket: ca.state.bucket,
      region: ca.state.region,
      key: stateKey(stackNames.ca(name)),
      assumeRole: { roleArn: roleArn(ca.account, roleNames.stateReader(name)) },
    });
  }

  /** The pinned truststore, as authorizers and instances are told of it. */
  get truststore() {
    return {
      bucket: this.output("bucket"),
      region: this.output("bucketRegion"),
      key: externalKeys.truststore,
      version: this.output("truststoreVersion"),
      sha256: this.output("truststoreSha256"),
    };
  }

  /** One output of the CA stack, as a Terraform expression. */
  output(name: keyof typeof caOutputs): string {
    return this.#state.getString(caOutputs[name]);
  }
}
