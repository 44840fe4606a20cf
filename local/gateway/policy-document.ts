/**
 * What the resource policies that this gateway evaluates have in common: statements and conditions as IAM reads them.
 * What is not understood is the caller's to count: for a Deny, never for an Allow.
 */

export type Statement = Readonly<Record<string, unknown>>;

/** Undefined: no policy that can be read. */
export function readStatements(policy: string): readonly Statement[] | undefined {
  try {
    const statement: unknown = JSON.parse(policy).Statement;
    const all = Array.isArray(statement) ? statement : [statement];
    return all.every((one) => typeof one === "object" && one !== null) ? all : undefined;
  } catch {
    return undefined;
  }
}

/** One text or a list of them; what is no text is left out. */
export function list(value: unknown): string[] {
  return (Array.isArray(value) ? value : [value]).filter((one) => typeof one === "string");
}

/** What of conditions is known: keys in lower case with their values, and operators. */
export interface ConditionsKnown {
  readonly context: ReadonlyMap<string, string>;
  readonly operators: ReadonlyMap<string, Operator>;
}

export interface Operator {
  readonly matches: (pattern: string, given: string) => boolean;
  /** None of the values may match. */
  readonly isNegated?: true;
}

/** Every operator and key must hold; one value of each suffices. What is not known holds as `unknownCounts` says. */
export function conditionsHold(
  condition: unknown,
  { context, operators }: ConditionsKnown,
  unknownCounts: boolean,
): boolean {
  if (condition === undefined) return true;
  if (typeof condition !== "object" || condition === null) return unknownCounts;
  return Object.entries(condition).every(([operator, keys]) =>
    Object.entries((keys ?? {}) as Record<string, unknown>).every(([key, values]) => {
      const given = context.get(key.toLowerCase());
      const compared = operators.get(operator);
      if (given === undefined || compared === undefined) return unknownCounts;
      const matches = list(values).some((value) => compared.matches(value, given));
      return compared.isNegated ? !matches : matches;
    }),
  );
}

export const equals = (value: string, given: string): boolean => value === given;
