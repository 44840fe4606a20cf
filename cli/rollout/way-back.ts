/** After a rollout that stopped: what was done, what was not, and how to go on or back. */
import { isBad, type Step } from "./rollout.ts";

export function wayBack(steps: readonly Step[], names: readonly string[]): string[] {
  const stopped = steps.find((one) => isBad(one.state)) ?? steps.find((one) => one.state === "not begun");
  if (!stopped) return [];
  const deployed = steps.filter((one) => one.state === "deployed").map((one) => one.step);
  const environmentsOf = (some: readonly Step[]) => [...new Set(some.map((one) => one.environment))];
  const touched = environmentsOf(steps.filter(({ state }) => state !== "not begun"));
  const untouched = environmentsOf(steps).filter((one) => !touched.includes(one));
  const changed = environmentsOf(steps.filter(({ state }) => state === "deployed" || isBad(state)));
  const mend = stopped.state === "failed" ? "mend the reason, then " : "";
  return [
    `stopped ${stopped.state === "not begun" ? "before" : "at"} ${stopped.environment}: ${stopped.step}`,
    ...(stopped.what ? [stopped.what] : []),
    deployed.length > 0 ? `deployed in this run: ${deployed.join(", ")}` : "nothing was deployed in this run",
    ...(untouched.length > 0 ? [`not touched: ${untouched.join(", ")}`] : []),
    `on:   ${mend}the same command again (npm run rollout -- ${names.join(" ")}): what is done is not done again`,
    ...(changed.length > 0
      ? [
          `back: git revert the change, npm run synth, then npm run rollout -- ${changed.join(" ")} (docs/operations.md, "Going back")`,
        ]
      : []),
  ];
}
