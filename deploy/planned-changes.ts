/** What a plan would change. */
export interface PlannedChange {
  readonly address: string;
  /** Its `name`, or what stands for one. */
  readonly name: string;
  readonly actions: readonly string[];
  /** Top-level attributes that differ. */
  readonly attributes: readonly string[];
}

interface PlanJson {
  readonly resource_changes?: readonly {
    readonly address: string;
    readonly change: {
      readonly actions: readonly string[];
      readonly before: Record<string, unknown> | null;
      readonly after: Record<string, unknown> | null;
    };
  }[];
  readonly output_changes?: Readonly<Record<string, { readonly actions: readonly string[] }>>;
}

/** Of a plan as `terraform show -json` writes it; what is only read is none. */
export function plannedChanges(shown: string): PlannedChange[] {
  const json = JSON.parse(shown) as PlanJson;
  const quiet = (actions: readonly string[]) => actions.every((one) => one === "no-op" || one === "read");
  const resources = (json.resource_changes ?? [])
    .filter(({ change }) => !quiet(change.actions))
    .map(({ address, change: { actions, before, after } }) => ({
      address,
      name: String(after?.name ?? before?.name ?? address.split(".").at(-1)),
      actions,
      attributes: Object.keys({ ...before, ...after }).filter(
        (key) => JSON.stringify(before?.[key]) !== JSON.stringify(after?.[key]),
      ),
    }));
  const outputs = Object.entries(json.output_changes ?? {})
    .filter(([, { actions }]) => !quiet(actions))
    .map(([name, { actions }]) => ({ address: `output.${name}`, name, actions, attributes: [] }));
  return [...resources, ...outputs];
}
