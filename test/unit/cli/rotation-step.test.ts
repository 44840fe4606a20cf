/** The next step of a rotation, whatever state it is in. */
import { type ConfiguredGeneration, nextStep } from "../../../cli/ca/rotation-step.ts";

const of = (text: string): ConfiguredGeneration[] =>
  text.split(" ").map((one) => {
    const [id = "", status] = one.split(":");
    return { id, status: status as ConfiguredGeneration["status"] };
  });
const text = (all: readonly ConfiguredGeneration[]) => all.map((one) => `${one.id}:${one.status}`).join(" ");

const steps: readonly (readonly [before: string, name: string, generation: string, after: string])[] = [
  ["g1:active", "add", "g2", "g1:active g2:trusted"],
  ["g1:active g2:trusted", "activate", "g2", "g1:trusted g2:active"],
  ["g1:trusted g2:active", "retire", "g1", "g1:retired g2:active"],
  ["g1:retired g2:active", "remove", "g1", "g2:active"],
  ["g2:active", "add", "g3", "g2:active g3:trusted"],
  ["g10:active g9:retired", "remove", "g9", "g10:active"],
  ["g9:active g10:trusted", "activate", "g10", "g9:trusted g10:active"],
  [
    "g1:retired g2:trusted g3:active g4:trusted",
    "activate",
    "g4",
    "g1:retired g2:trusted g3:trusted g4:active",
  ],
];

test.each(steps)("%s → %s %s → %s", (before, name, generation, after) => {
  const step = nextStep(of(before));
  expect([step.name, step.generation, text(step.generations)]).toEqual([name, generation, after]);
});

test("step by step a rotation comes round to one active generation", () => {
  let all = of("g1:active");
  const names: string[] = [];
  for (let index = 0; index < 4; index++) {
    const step = nextStep(all);
    names.push(step.name);
    all = [...step.generations];
    expect(all.filter((one) => one.status === "active")).toHaveLength(1);
  }
  expect([names.join(" "), text(all)]).toEqual(["add activate retire remove", "g2:active"]);
});
