/**
 * What a row of the fact tables says: which attribute of which type is about trust, and how its change is judged.
 *
 * The first row of a type that matches a difference judges it. A row of plain keys (`a.b.c`) is also asked when the
 * block around it came or went, and in resources that are new; a pattern (`*`, `[]`, `**`) is asked about differences.
 */
import type { Judge } from "../judges.ts";
import type { Concern } from "../trust-change.ts";

export interface Row {
  /** The resource's type; `*` any, and data sources with `data.` in front. */
  readonly type: string;
  readonly path: string;
  readonly concern: Concern;
  /** What the value is, for the reader. */
  readonly says: string;
  readonly judge: Judge;
  /** The value is judged as a whole, also where it is a block; else blocks are judged by their differences. */
  readonly whole: boolean;
}

/** The rows of one type and concern: `[path, what it says, judge]`, and "whole". */
export function rows(
  type: string,
  concern: Concern,
  ...all: readonly (readonly [path: string, says: string, judge: Judge, whole?: "whole"])[]
): readonly Row[] {
  return all.map(([path, says, judge, whole]) => ({
    type,
    path,
    concern,
    says,
    judge,
    whole: whole === "whole",
  }));
}
