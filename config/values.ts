/**
 * What no value of a configuration may be, whatever its field: something that a reviewer cannot see, that Terraform
 * would evaluate, or that is no plain data.
 */
import { Problem } from "./config-error.ts";

/** Every such value, with its path. */
export function valueProblems(input: unknown): Problem[] {
  return walk(input, [], new Set());
}

type Path = readonly (string | number)[];

function walk(value: unknown, path: Path, above: ReadonlySet<object>): Problem[] {
  if (typeof value === "string") return textProblems(value, path);
  if (typeof value !== "object" || value === null) return [];
  if (above.has(value)) return [new Problem(path, "a value must not contain itself", "a cycle")];
  const prototype = Object.getPrototypeOf(value);
  if (!Array.isArray(value) && prototype !== null && Object.getPrototypeOf(prototype) !== null)
    return [
      new Problem(path, "plain data: objects, lists, strings, numbers, booleans", "an object of a class"),
    ];
  const below = new Set([...above, value]);
  return Reflect.ownKeys(value).flatMap((key) => {
    if (Array.isArray(value) && key === "length") return [];
    const at = [...path, typeof key === "string" && Array.isArray(value) ? Number(key) : String(key)];
    return [...keyProblems(key, path), ...walk((value as Record<PropertyKey, unknown>)[key], at, below)];
  });
}

function keyProblems(key: string | symbol, path: Path): Problem[] {
  if (typeof key === "symbol" || key === "__proto__" || key === "constructor" || key === "prototype")
    return [new Problem(path, "a key that JavaScript gives a meaning of its own is refused", String(key))];
  return textProblems(key, path);
}

function textProblems(text: string, path: Path): Problem[] {
  const problems: Problem[] = [];
  // Controls, line breaks, formats (zero width, direction), surrogates, private and unassigned.
  if (/\p{C}|[\u2028\u2029]/u.test(text))
    problems.push(new Problem(path, "only characters that a reviewer can see", text));
  if (/[$%]\{/.test(text))
    problems.push(new Problem(path, `no "\${" and no "%{": Terraform would evaluate it`, text));
  return problems;
}
