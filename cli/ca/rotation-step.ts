/** The next step of a rotation, as a change of the configuration: add trusted → activate → retire → remove. Pure. */

export interface ConfiguredGeneration {
  readonly id: string;
  readonly status: "active" | "trusted" | "retired";
}

export interface RotationStep {
  readonly name: "add" | "activate" | "retire" | "remove";
  /** The generation that the step is about. */
  readonly generation: string;
  readonly what: string;
  /** What must be true before; `rotate --check` says whether it is, where it can. */
  readonly before: string;
  /** The generations after the step. */
  readonly generations: readonly ConfiguredGeneration[];
}

/** `all` has exactly one active generation: the schema sees to it. */
export function nextStep(all: readonly ConfiguredGeneration[]): RotationStep {
  const active = all.find((one) => one.status === "active") as ConfiguredGeneration;
  const newer = all.find((one) => one.status === "trusted" && numberOf(one) > numberOf(active));
  if (newer)
    return {
      ...{ name: "activate", generation: newer.id },
      what: `${newer.id} issues from now on; ${active.id} stays trusted`,
      before: `every API has been deployed since ${newer.id} was added: its domain pins a truststore that holds it`,
      generations: change(change(all, active.id, "trusted"), newer.id, "active"),
    };
  const older = all.find((one) => one.status === "trusted");
  if (older)
    return {
      ...{ name: "retire", generation: older.id },
      what: `${older.id} leaves the truststore; its CRL goes on until its last certificate has ended`,
      before: `every client of ${older.id} has a certificate of ${active.id}, and the old ones are revoked or have ended`,
      generations: change(all, older.id, "retired"),
    };
  const retired = all.find((one) => one.status === "retired");
  if (retired)
    return {
      ...{ name: "remove", generation: retired.id },
      what: `${retired.id} is taken out of the configuration, its keys are scheduled for deletion`,
      before: `the last certificate of ${retired.id} has ended (the deployment refuses otherwise)`,
      generations: all.filter((one) => one !== retired),
    };
  const id = `g${Math.max(...all.map(numberOf)) + 1}`;
  return {
    ...{ name: "add", generation: id },
    what: `${id} is made and joins the truststore; ${active.id} goes on issuing`,
    before: "nothing",
    generations: [...all, { id, status: "trusted" }],
  };
}

const numberOf = ({ id }: ConfiguredGeneration): number => Number(id.slice(1));

const change = (
  all: readonly ConfiguredGeneration[],
  id: string,
  status: ConfiguredGeneration["status"],
): ConfiguredGeneration[] => all.map((one) => (one.id === id ? { ...one, status } : one));
