/**
 * Relations between the fields of an environment, by subject. Each is checked as soon as the fields that it joins are
 * right by themselves, whatever else is wrong, so that all mistakes are reported at once.
 */
import type { Problem } from "./config-error.ts";
import { apiRelations } from "./relations/apis.ts";
import { authorityRelations } from "./relations/authority.ts";
import { nameRelations } from "./relations/names.ts";
import { privateEdgeRelations } from "./relations/private-edge.ts";

/** Every relation that does not hold. */
export function relationProblems(input: unknown): Problem[] {
  return [...nameRelations, ...authorityRelations, ...apiRelations, ...privateEdgeRelations].flatMap((one) =>
    one(input),
  );
}
