/** After a rollout that stopped: what was done, what was not, and how to go on or back. */
import type { Step } from "./rollout.ts";

export function wayBack(steps: readonly Step[], names: readonly string[]): string[] {
  const failed = steps.find((one) => one.state === "failed");
  if (!failed) return [];
  const deployed = steps.filter((one) => one.state === "deployed").map((one) => one.step);
  const later = [...new Set(steps.filter((one) => one.state === "not begun").map((one) => one.environment))];
  const untouched = later.filter((one) => one !== failed.environment);
  return [
    `stopped at ${failed.environment}: ${failed.step}`,
    failed.what,
    deployed.length > 0 ? `deployed in this run: ${deployed.join(", ")}` : "nothing was deployed in this run",
    ...(untouched.length > 0 ? [`not touched: ${untouched.join(", ")}`] : []),
    `on:   mend the reason, then the same command again (npm run rollout -- ${names.join(" ")}): what is done is not done again`,
    `back: git revert the change, npm run synth, then npm run rollout -- ${failed.environment} (docs/operations.md, "Going back")`,
  ];
}
