/** What a relation is: a check of joined fields, made once each of them is right by itself. */
import { z } from "zod";
import { Problem } from "../config-error.ts";

export type Report = (path: readonly (string | number)[], message: string, got: unknown) => void;
export type Relation = (input: unknown) => Problem[];

/** `check` is called with the joined fields once they are right. */
export function relation<S extends z.ZodType>(
  joined: S,
  check: (fields: z.output<S>, report: Report) => void,
): Relation {
  return (input: unknown): Problem[] => {
    const fields = joined.safeParse(input);
    const problems: Problem[] = [];
    if (fields.success) check(fields.data, (...problem) => problems.push(new Problem(...problem)));
    return problems;
  };
}

/** Lists of APIs of which one thing at least is right. */
export const apis = <F extends z.ZodRawShape>(fields: F) => z.array(z.looseObject(fields));
