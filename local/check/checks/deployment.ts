/** Checks 14 and 18: a second generation through both stacks, and an end that leaves nothing behind. */
import { inventory } from "#aws/inventory.ts";
import { foundationAccounts } from "#config/foundation-accounts.ts";
import { apiFunctionName, stackNames } from "#contract/names.ts";
import { asLocalRoot, destroyAsCaller } from "#deploy/as-caller.ts";
import { deploy, destroy } from "#deploy/cdktf.ts";
import type { PlannedChange } from "#deploy/planned-changes.ts";
import { plan } from "#deploy/terraform.ts";
import { type CheckContext, callAs } from "../context.ts";

export const ours = ({ environment, api }: CheckContext) => ({
  ca: stackNames.ca(environment.name),
  api: stackNames.api(environment.name, api.name),
  /** All of them, the first among them. */
  apis: environment.apis.map((one) => stackNames.api(environment.name, one.name)),
});

export async function secondGeneration(at: CheckContext): Promise<void> {
  const { ca, api } = ours(at);
  await plansAreEmpty(at, "after the first deployment");
  at.project.edit(
    "config/environments/local/index.ts",
    '[{ id: "g1", status: "active" }]',
    '[{ id: "g1", status: "active" }, { id: "g2", status: "trusted" }]',
  );
  await deploy(at.terraform, [ca]);
  await readyToActivate(
    at,
    "before the API is deployed",
    "no",
    "its truststore \\S+ lacks g2: deploy the API",
  );
  const changes = await plan(at.terraform, api);
  at.report.row(
    14,
    "a trusted generation: the API's plan changes the pins of domain, authorizers, watch and instances, nothing else",
    [
      "update aws_api_gateway_domain_name.domain (mutual_tls_authentication)",
      // Instances are told the truststore's version and the issuers, and are replaced.
      "update aws_autoscaling_group.private-edge_fleet_group (launch_template)",
      "update aws_lambda_function.authorizer_function (environment)",
      "update aws_lambda_function.private-edge_api_function (environment)",
      // It holds the domain's pin against the bucket.
      "update aws_lambda_function.watch_function (environment)",
      "update aws_launch_template.private-edge_fleet_template (user_data)",
      "update aws_s3_object.authorizer_policy-object (content)",
    ].join("; "),
    changes.map(changeText).sort().join("; "),
  );
  await deleteByHand(at);
  await deploy(at.terraform, [api]);
  await at.reloadGateway();
  await readyToActivate(at, "after it", "yes", "its truststore \\S+ holds g2");
  await plansAreEmpty(at, "after the second deployment");
  at.report.row(
    14,
    "the client of the first generation goes on",
    /^200 /,
    (await callAs(at, at.good)).summary,
  );
  if (at.edge) {
    await at.edge.replace();
    const issuers = at.edge.instance.told.issuers.map(({ generation }) => generation).join(", ");
    at.report.row(14, "an instance by the new template knows both generations", "g1, g2", issuers);
    at.report.row(14, "… and lets it on", /^200 /, (await callAs(at.edge, at.good)).summary);
  }
  const later = await at.issue("after-the-second-generation");
  at.report.row(14, "the first generation goes on issuing", "g1", later.generation);
}

/** The deployment that comes next makes it again: the calls after it and the empty plans show it. */
async function deleteByHand(at: CheckContext): Promise<void> {
  const { environment, api, apiAccount } = at;
  await apiAccount.deleteFunction(apiFunctionName(environment.name, api.name, "authorizer"));
  const unauthorized = await callAs(at, at.good);
  at.report.row(14, "the authorizer deleted by hand: nobody gets in", /^500 /, unauthorized.summary);
  await apiAccount.deleteMapping(api.domain);
  await at.reloadGateway();
  const unmapped = await callAs(at, at.good);
  at.report.row(14, "the domain's mapping deleted by hand: it leads nowhere", /^403 /, unmapped.summary);
}

async function readyToActivate(at: CheckContext, when: string, ready: string, why: string): Promise<void> {
  const { stdout } = await at.operateAsConfigured("rotate", "--env", "local", "--check");
  const last = stdout.trim().split("\n").at(-1) ?? "";
  const expected = new RegExp(`^${at.api.name} \\(${at.api.domain}\\)\\s+${ready}\\s+${why}$`);
  at.report.row(14, `ca rotate --check ${when}: ${ready}`, expected, last);
}

export async function plansAreEmpty(
  at: CheckContext,
  when: string,
  check = 14,
  more: readonly string[] = [],
): Promise<void> {
  const { ca, apis } = ours(at);
  for (const stack of [ca, ...apis, ...more]) {
    const changes = await plan(at.terraform, stack);
    at.report.row(check, `plan of ${stack} ${when}`, "empty", changes.map(changeText).join("; ") || "empty");
  }
}

/** What is known only after the apply is not a change by itself. */
const followsFromOthers = new Set([
  "last_modified",
  "qualified_arn",
  "qualified_invoke_arn",
  "version",
  "version_id",
  "etag",
  "source_code_size",
  "default_version",
  "latest_version",
  "capacity_reservation_specification",
]);

function changeText({ address, actions, attributes }: PlannedChange): string {
  // Without the hash that CDKTF appends.
  const what = address.replace(/_[0-9A-F]{8}$/, "");
  const own = attributes.filter((one) => !followsFromOthers.has(one));
  return `${actions.join("+")} ${what}${own.length > 0 ? ` (${own.join(", ")})` : ""}`;
}

export async function destroyed(at: CheckContext): Promise<void> {
  const { ca, apis } = ours(at);
  await at.stopGateway();
  // The APIs read the CA's state: they go first.
  for (const api of apis) await destroy(at.terraform, [api]);
  await destroy(at.terraform, [ca]);
  for (const [account, tools] of [
    ["CA account", at.ca],
    ["API account", at.apiAccount],
    ...at.others.map(({ api, apiAccount }) => [`account and region of ${api.name}`, apiAccount] as const),
  ] as const)
    at.report.row(
      18,
      `destroyed: nothing is left in the ${account}`,
      "nothing",
      (await inventory(tools.connection)).join(", ") || "nothing",
    );
  await foundationDestroyed(at);
}

/** The last: without its roles no stack can be destroyed. An administrator does it. */
async function foundationDestroyed(at: CheckContext): Promise<void> {
  const [ca, ...others] = foundationAccounts(at.environment);
  for (const { account, stack } of [...others, ca])
    await destroyAsCaller(asLocalRoot(at.terraform, account), stack);
  for (const [account, tools] of [
    ["CA account", at.ca],
    ["API account", at.apiAccount],
  ] as const)
    at.report.row(
      18,
      `the foundation destroyed: no role of ours is left in the ${account}`,
      "nothing",
      (await inventory(tools.connection, { withFoundation: true })).join(", ") || "nothing",
    );
}
