/**
 * The environment in which Terraform and `cdktf` meet the embedded AWS instead of AWS: the endpoint, the operator's
 * made-up keys, and nothing of the reader's own AWS configuration, which must neither help nor be touched.
 */
import { operatorAccount } from "./seed.ts";
import type { EmbeddedAws } from "./start.ts";
import type { Terraform } from "./terraform.ts";

export interface TerraformEnvironmentOptions {
  readonly aws: Pick<EmbeddedAws, "endpoint" | "ca">;
  readonly terraform: Pick<Terraform, "cliConfig">;
  readonly region: string;
  /** Whose root calls; the operator's account when left out. */
  readonly account?: string;
}

export function terraformEnvironment(options: TerraformEnvironmentOptions): Record<string, string> {
  const { aws, terraform, region, account = operatorAccount } = options;
  return {
    ...inherited(),
    AWS_ENDPOINT_URL: aws.endpoint,
    AWS_CA_BUNDLE: aws.ca,
    NODE_EXTRA_CA_CERTS: aws.ca,
    AWS_ACCESS_KEY_ID: account,
    AWS_SECRET_ACCESS_KEY: "test",
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    // The reader's profiles and a cloud machine's role stay out of it.
    AWS_CONFIG_FILE: "/dev/null",
    AWS_SHARED_CREDENTIALS_FILE: "/dev/null",
    AWS_EC2_METADATA_DISABLED: "true",
    // No proxy stands between two processes of one machine.
    NO_PROXY: "127.0.0.1,localhost",
    no_proxy: "127.0.0.1,localhost",
    TF_CLI_CONFIG_FILE: terraform.cliConfig,
    TF_IN_AUTOMATION: "1",
    TF_INPUT: "0",
    CHECKPOINT_DISABLE: "1",
    CI: "true",
    NO_COLOR: "1",
  };
}

/** A list of what may come through, not of what may not. */
function inherited(): Record<string, string> {
  const names = ["PATH", "HOME", "USER", "LANG", "LC_ALL", "TMPDIR", "TERM", "TERRAFORM_BINARY_NAME"];
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = process.env[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
}
