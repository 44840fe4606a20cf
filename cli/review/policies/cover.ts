/**
 * Whether one statement reaches whatever another one reaches: the question behind "does this policy give more".
 *
 * Sound, not complete: `true` is certain; where it cannot tell (operators it does not compare, patterns that
 * overlap) it says `false`, and a change is then shown that may be none. It never hides one.
 */
import type { Condition, Statement, Values } from "./statement.ts";

/** One principal, one action, one resource of a statement; each of them may be a pattern or "all but". */
export interface Atom {
  readonly statement: Statement;
  readonly principal: Values | undefined;
  readonly action: Values;
  readonly resource: Values;
  readonly conditions: readonly Condition[];
}

/** No policy of ours is near it; AWS's largest (20 KB) are below. */
const mostAtoms = 50_000;

/** The statement taken apart; undefined when that would be too much to compare. */
export function atoms(statement: Statement): readonly Atom[] | undefined {
  const principals = statement.principals ? apart(statement.principals) : [undefined];
  const [actions, resources] = [apart(statement.actions), apart(statement.resources)];
  const conditions = conditionsApart(statement.conditions);
  // A trust policy has no resources.
  const all = resources.length === 0 ? [{ not: false, values: [] }] : resources;
  if (principals.length * actions.length * all.length * conditions.length > mostAtoms) return undefined;
  return principals.flatMap((principal) =>
    actions.flatMap((action) =>
      all.flatMap((resource) =>
        conditions.map((own) => ({ statement, principal, action, resource, conditions: own })),
      ),
    ),
  );
}

/** Whether the statement reaches all of the atom. `ignoreConditions` asks about principal, action, resource only. */
export function covers(statement: Statement, atom: Atom, ignoreConditions = false): boolean {
  return (
    statement.effect === atom.statement.effect &&
    principalsCover(statement.principals, atom.principal) &&
    valuesCover(inLowerCase(statement.actions), inLowerCase(atom.action)) &&
    (statement.resources.values.length === 0 && atom.resource.values.length === 0
      ? true
      : valuesCover(statement.resources, atom.resource)) &&
    (ignoreConditions || conditionsHold(statement.conditions, atom.conditions))
  );
}

/** Whether every one of `wider` holds wherever all of `narrower` hold. */
export const conditionsHold = (wider: readonly Condition[], narrower: readonly Condition[]): boolean =>
  wider.every((one) => narrower.some((other) => isImplied(one, other)));

/** `*` is any text, `?` one character. True only if `pattern` matches whatever the text, itself a pattern, does. */
export function globCovers(pattern: string, text: string): boolean {
  let [at, from, star, resume] = [0, 0, -1, 0];
  while (from < text.length) {
    if (pattern[at] === "*") {
      star = at++;
      resume = from;
    } else if (pattern[at] === text[from] || (pattern[at] === "?" && text[from] !== "*")) {
      at++;
      from++;
    } else if (star >= 0) {
      at = star + 1;
      from = ++resume;
    } else return false;
  }
  while (pattern[at] === "*") at++;
  return at === pattern.length;
}

/** "All but" stays whole: its parts mean nothing alone. */
const apart = ({ not, values }: Values): readonly Values[] =>
  not ? [{ not, values }] : values.map((value) => ({ not, values: [value] }));

/** A condition is met by any of its values: each by itself, so that a new one can be named. */
function conditionsApart(conditions: readonly Condition[]): readonly (readonly Condition[])[] {
  return conditions.reduce<readonly (readonly Condition[])[]>(
    (done, one) => {
      const parts =
        isNegated(one.test) || one.test.includes(":") || one.values.length === 0
          ? [one]
          : one.values.map((value) => ({ ...one, values: [value] }));
      return done.flatMap((before) => parts.map((part) => [...before, part]));
    },
    [[]],
  );
}

function principalsCover(wide: Values | undefined, narrow: Values | undefined): boolean {
  if (!wide || !narrow) return wide === narrow;
  if (!wide.not && wide.values.includes("*")) return true;
  return setCovers(wide, narrow, (one, other) => one === other);
}

const inLowerCase = ({ not, values }: Values): Values => ({
  not,
  values: values.map((one) => one.toLowerCase()),
});

const valuesCover = (wide: Values, narrow: Values): boolean => setCovers(wide, narrow, globCovers);

function setCovers(wide: Values, narrow: Values, fits: (wide: string, narrow: string) => boolean): boolean {
  if (!wide.not && wide.values.includes("*")) return true;
  if (narrow.not)
    // All but B lies in all but A when A lies in B.
    return wide.not && wide.values.every((value) => narrow.values.some((other) => fits(other, value)));
  if (!wide.not) return narrow.values.every((value) => wide.values.some((other) => fits(other, value)));
  // A plain value lies in "all but A" when no value of A matches it.
  return narrow.values.every(
    (value) => !/[*?]/.test(value) && !wide.values.some((other) => fits(other, value)),
  );
}

const isNegated = (test: string): boolean => /Not(Equals|Like|IpAddress)|NotIpAddress/i.test(test);

/** Operators whose values are patterns. ArnEquals and ArnLike are the same to AWS. */
const isPattern = (test: string): boolean => /(^|:)(StringLike|StringNotLike|Arn\w+)$/.test(test);

/** Whether `wide` holds wherever `narrow` holds: the same operator on the same key, and values that say so. */
function isImplied(wide: Condition, narrow: Condition): boolean {
  if (wide.test !== narrow.test || wide.variable.toLowerCase() !== narrow.variable.toLowerCase())
    return false;
  const fits = (one: string, other: string) =>
    one === other || (isPattern(wide.test) && globCovers(one, other)) || cidrCovers(one, other);
  const subset = (all: readonly string[], of: readonly string[]) =>
    all.every((value) => of.some((other) => fits(other, value)));
  return isNegated(wide.test) ? subset(wide.values, narrow.values) : subset(narrow.values, wide.values);
}

/** Whether the IPv4 network holds the other. */
export function cidrCovers(network: string, other: string): boolean {
  const [one, two] = [parseCidr(network), parseCidr(other)];
  if (!one || !two || one.bits > two.bits) return false;
  return one.bits === 0 || one.address >>> (32 - one.bits) === two.address >>> (32 - one.bits);
}

function parseCidr(text: string): { readonly address: number; readonly bits: number } | undefined {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})(?:\/(\d{1,2}))?$/.exec(text);
  if (!match) return undefined;
  const bytes = match.slice(1, 5).map(Number);
  const bits = Number(match[5] ?? 32);
  if (bits > 32 || bytes.some((byte) => byte > 255)) return undefined;
  return { address: bytes.reduce((sum, byte) => sum * 256 + byte, 0), bits };
}
