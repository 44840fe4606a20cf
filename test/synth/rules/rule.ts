/**
 * A rule over synthesized stacks, and the defects that prove that it can fail: each is put into a stack that the
 * rule accepts, and must then be found.
 */
import type { Json, Kind, Synthesized } from "../synthesized.ts";

export interface Rule {
  readonly name: string;
  /** Which stacks it is about; all of them when left out. */
  readonly kinds?: readonly Kind[];
  /** What is wrong, one line each. */
  readonly check: (stack: Synthesized) => string[];
  readonly controls: readonly Control[];
}

export interface Control {
  readonly defect: string;
  readonly kind: Kind;
  readonly make: (json: Json) => void;
}
