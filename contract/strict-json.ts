/**
 * Reads values that came as JSON: every function returns the typed value or throws with the path, what was got and
 * what is allowed. Unknown keys are refused.
 */

export type Raw = Readonly<Record<string, unknown>>;

export function object(
  value: unknown,
  path: string,
  required: readonly string[] = [],
  optional?: readonly string[],
): Raw {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    return fail(path, Array.isArray(value) ? "a list" : String(value), "an object");
  const raw = value as Raw;
  for (const key of required) if (!Object.hasOwn(raw, key)) fail(`${path}.${key}`, "nothing", "a value");
  if (required.length > 0 || optional)
    for (const key of Object.keys(raw))
      if (!required.includes(key) && !optional?.includes(key))
        fail(`${path}.${key}`, "an unknown key", [...required, ...(optional ?? [])].join(", "));
  return raw;
}

export function fields<K extends string, T>(
  value: unknown,
  path: string,
  keys: readonly K[],
  parse: (value: unknown, path: string) => T,
): Readonly<Record<K, T>> {
  const raw = object(value, path, keys);
  return Object.fromEntries(keys.map((key) => [key, parse(raw[key], `${path}.${key}`)])) as Record<K, T>;
}

export function list<T>(
  value: unknown,
  path: string,
  parse: (value: unknown, path: string) => T,
): readonly T[] {
  if (!Array.isArray(value) || value.length === 0) return fail(path, typeof value, "a list with an entry");
  return value.map((one, index) => parse(one, `${path}[${index}]`));
}

export function string(value: unknown, path: string): string {
  return typeof value === "string" && value !== "" ? value : fail(path, typeof value, "a string");
}

export function seconds(value: unknown, path: string): number {
  return typeof value === "number" && Number.isFinite(value) && value >= 0
    ? value
    : fail(path, String(value), "seconds, 0 or more");
}

/** The value, which is one of `allowed`. */
export function oneOf<T extends string>(value: unknown, path: string, allowed: readonly T[]): T {
  const found = allowed.find((one) => one === value);
  return found ?? fail(path, String(value), allowed.join(", "));
}

export function boolean(value: unknown, path: string): boolean {
  return typeof value === "boolean" ? value : fail(path, String(value), "true or false");
}

export function given<T extends object>(
  value: unknown,
  make: (value: unknown) => T,
): T | Record<string, never> {
  return value === undefined ? {} : make(value);
}

export function fail(path: string, got: string, allowed: string): never {
  throw new Error(`${path}: got ${got}; allowed: ${allowed}`);
}
