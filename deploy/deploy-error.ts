/** Terraform or cdktf said no: what, why in its own words, where its log is. Shown without a stack trace. */
export class DeployError extends Error {
  override readonly name = "DeployError";
  readonly code = "terraform";
}
