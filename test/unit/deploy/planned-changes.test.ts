// What a plan would change, as `terraform show -json` writes it.
import { plannedChanges } from "#deploy/planned-changes.ts";

const shown = (...changes: object[]) =>
  JSON.stringify({ resource_changes: changes.map((change) => ({ address: "a.b", change })) });

test.each([["no-op"], ["read"]])("what is left as it is, or only read, is no change: %s", (action) => {
  expect(plannedChanges(shown({ actions: [action], before: {}, after: {} }))).toEqual([]);
});

test("a change names what differs, and the resource by its name or its address", () => {
  const [named, gone, nameless] = plannedChanges(
    shown(
      { actions: ["update"], before: { name: "x", a: 1, b: [1] }, after: { name: "x", a: 2, b: [1] } },
      { actions: ["delete"], before: { name: "old" }, after: null },
      { actions: ["delete", "create"], before: { a: 1 }, after: { a: 2 } },
    ),
  );
  expect(named).toEqual({ address: "a.b", name: "x", actions: ["update"], attributes: ["a"] });
  expect(gone).toMatchObject({ name: "old", actions: ["delete"] });
  expect(nameless).toMatchObject({ name: "b", actions: ["delete", "create"] });
});

test("outputs that change are changes, others none", () => {
  const output_changes = { moved: { actions: ["update"] }, same: { actions: ["no-op"] } };
  expect(plannedChanges(JSON.stringify({ output_changes }))).toEqual([
    { address: "output.moved", name: "moved", actions: ["update"], attributes: [] },
  ]);
});
