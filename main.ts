/** Environments become stacks, stacks become Terraform. Nothing else happens here. */
import { App } from "cdktf";
import { warningsOf } from "#config/engines.ts";
import { environments } from "#config/environments.ts";
import { foundationAccounts } from "#config/foundation-accounts.ts";
import { revocationPromise } from "#config/worst-case-revocation.ts";
import { ApiStack } from "#stacks/api-stack.ts";
import { CaStack } from "#stacks/ca-stack.ts";
import { FoundationStack } from "#stacks/foundation-stack.ts";

// Without stack traces the output is the same on every machine: it is committed and reviewed.
const app = new App({ stackTraces: false });

for (const environment of environments) {
  for (const warning of warningsOf(environment))
    process.stderr.write(`warning: environment ${environment.name}: ${warning}\n`);
  for (const at of foundationAccounts(environment)) new FoundationStack(app, { environment, at });
  const ca = new CaStack(app, { environment });
  for (const api of environment.apis) {
    process.stderr.write(`${environment.name}-${api.name}: ${revocationPromise(environment, api)}\n`);
    const stack = new ApiStack(app, { environment, api });
    // The API reads the CA's outputs from remote state, which gives no order by itself.
    stack.addDependency(ca);
  }
}

app.synth();
