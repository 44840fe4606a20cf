/** How a change of one value is judged. Each judge says nothing (undefined) where there is nothing to say. */
import type { Json } from "./stack.ts";
import { canonical } from "./tree.ts";
import type { Mark } from "./trust-change.ts";

export interface Values {
  readonly before: Json | undefined;
  readonly after: Json | undefined;
  /** The resource was not there before. */
  readonly isNew: boolean;
}
export type Judge = (values: Values) => Mark | undefined;

/** One value is safe; `absent` is what AWS or the provider does without one. Also judged in new resources. */
export const must =
  (safe: Json, absent: Json): Judge =>
  ({ before, after, isNew }) => {
    const isSafe = (value: Json | undefined) => canonical(value ?? absent) === canonical(safe);
    if (isSafe(after)) return isNew || isSafe(before) ? undefined : "tightens";
    if (isNew || isSafe(before)) return "loosens";
    return canonical(before) === canonical(after) ? undefined : "unjudged";
  };

/** There must be a value: what it is, `change` judges. */
export const mustBeThere =
  (change: Mark): Judge =>
  ({ before, after, isNew }) => {
    const has = (value: Json | undefined) => value !== undefined && value !== null && value !== "";
    if (!has(after)) return isNew || has(before) ? "loosens" : undefined;
    if (isNew) return undefined;
    return has(before) ? (canonical(before) === canonical(after) ? undefined : change) : "tightens";
  };

/** Less is looser; `absent` is the number that counts when there is none: no bound at all, unless said otherwise. */
export const lowerIsLooser = (absent = Number.POSITIVE_INFINITY): Judge =>
  numeric(absent, (before, after) => after < before);
export const higherIsLooser = (absent = Number.POSITIVE_INFINITY): Judge =>
  numeric(absent, (before, after) => after > before);

/** Any change of a resource that was there. */
export const any =
  (mark: Mark): Judge =>
  ({ isNew }) =>
    isNew ? undefined : mark;

/** What lets in: more of it loosens, less tightens, another one loosens. */
export const grant: Judge = ({ after, isNew }) => {
  if (isNew) return undefined;
  return after === undefined ? "tightens" : "loosens";
};

/** What holds off: less of it loosens, more tightens, another one loosens. */
export const guard: Judge = ({ before, after, isNew }) => {
  if (isNew) return undefined;
  return after !== undefined && before === undefined ? "tightens" : "loosens";
};

/** A switch that is off when absent, and may be so from the start: only turning it counts. */
export const turned =
  (safe: boolean): Judge =>
  ({ before, after, isNew }) => {
    if (isNew || (before ?? false) === (after ?? false)) return undefined;
    return (after ?? false) === safe ? "tightens" : "loosens";
  };

/** What should not be there at all, in new resources neither. */
export const absent =
  (mark: Mark): Judge =>
  ({ before, after }) => {
    if (canonical(before) === canonical(after)) return undefined;
    return after === undefined ? "changes" : mark;
  };

/** On is safe. Absent is off unless said otherwise. */
export const mustBeOn = must(true, false);
export const mustBeOff = must(false, false);

function numeric(absent: number, isLooser: (before: number, after: number) => boolean): Judge {
  return ({ before, after, isNew }) => {
    if (isNew) return undefined;
    const [old, now] = [number(before, absent), number(after, absent)];
    if (old === undefined || now === undefined) return "unjudged";
    return old === now ? undefined : isLooser(old, now) ? "loosens" : "tightens";
  };
}

function number(value: Json | undefined, absent: number): number | undefined {
  if (value === undefined || value === null) return absent;
  const parsed = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
  return typeof parsed === "number" && !Number.isNaN(parsed) ? parsed : undefined;
}
