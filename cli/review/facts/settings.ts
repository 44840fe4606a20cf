/** What is no resource: providers, backend, variables, outputs, and whatever Terraform may add. */
import { any, must } from "../judges.ts";
import { rows } from "./row.ts";

export const settings = rows(
  "settings",
  "Deployment",
  ["provider.aws.default_tags.**", "tags", any("changes")],
  ["provider.aws.allowed_account_ids.**", "accounts that may be deployed to", any("loosens")],
  ["provider.aws.assume_role.**", "role that deploys", any("unjudged")],
  ["provider.aws.region", "region", any("unjudged")],
  ["provider.**", "provider", any("unjudged")],
  ["terraform.backend.s3.encrypt", "state is encrypted", must(true, false)],
  ["terraform.backend.s3.use_lockfile", "state is locked", must(true, false)],
  ["terraform.backend.**", "where the state is", any("unjudged")],
  ["terraform.required_providers.**", "programs that Terraform runs", any("unjudged")],
  ["terraform.required_version", "Terraform's version", any("changes")],
  ["output.**", "output, which the API accounts read", any("changes")],
  ["locals.**", "computed value: what NGINX's instances are told, public keys", any("unjudged")],
  ["variable.**", "variable", any("unjudged")],
  ["**", "setting", any("unjudged")],
);
