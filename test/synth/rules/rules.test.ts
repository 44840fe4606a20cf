/** Every rule over every committed stack, and over stacks with one defect each, which it must find. */
import { committedStack, committedStacks, type Synthesized } from "../synthesized.ts";
import { rules } from "./index.ts";
import { unusedReasons } from "./no-wildcard-without-reason.ts";
import { productionIsProtected } from "./production-is-protected.ts";

describe.each(rules)("rule: $name", (rule) => {
  const about = committedStacks().filter(({ kind }) => rule.kinds?.includes(kind) ?? true);
  test.each(about.map((stack) => [stack.name, stack] as const))("%s keeps it", (_name, stack) => {
    expect(rule.check(stack)).toEqual([]);
  });

  test.each(rule.controls.map((control) => [control.defect, control] as const))(
    "finds: %s",
    (_defect, control) => {
      const environment = rule === productionIsProtected ? "production" : "local";
      const stack = committedStack(
        control.kind === "foundation" ? "foundation-local-111111111111" : `${environment}-${control.kind}`,
      );
      expect(rule.check(stack)).toEqual([]);
      const json = structuredClone(stack.json);
      control.make(json);
      expect(json).not.toEqual(stack.json);
      const broken: Synthesized = { ...stack, json, text: JSON.stringify(json) };
      expect(rule.check(broken)).not.toEqual([]);
    },
  );
});

test("every reason for a wildcard is used", () => {
  expect(unusedReasons(committedStacks())).toEqual([]);
});
