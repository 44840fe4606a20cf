/**
 * Reads an untrusted JSON value strictly: every key must be asked for, every value must have its type. What is
 * wrong is refused with its path ("request", `configuration.generations[0].id: …`).
 */
import { Refused } from "./refusal.ts";

export class RequestFields {
  readonly #path: string;
  readonly #fields: Readonly<Record<string, unknown>>;
  readonly #read = new Set<string>();

  private constructor(path: string, fields: Readonly<Record<string, unknown>>) {
    this.#path = path;
    this.#fields = fields;
  }

  /** Reads an object with `read`, then refuses the keys that `read` did not ask for. */
  static of<T>(value: unknown, path: string, read: (fields: RequestFields) => T): T {
    if (typeof value !== "object" || value === null || Array.isArray(value))
      refuse(path || "request", `an object, got ${kind(value)}`);
    const fields = new RequestFields(path, value as Record<string, unknown>);
    const result = read(fields);
    const unknown = Object.keys(value).filter((key) => !fields.#read.has(key));
    if (unknown.length > 0)
      refuse(fields.#at(unknown[0] as string), "no such key; remove it or correct its spelling");
    return result;
  }

  has(key: string): boolean {
    return this.#take(key) !== undefined;
  }

  string(key: string, longest: number, pattern?: RegExp, allowed?: string): string {
    const value = this.#take(key);
    if (typeof value !== "string") return this.#wrong(key, "a string", value);
    if (value.length === 0 || value.length > longest)
      refuse(this.#at(key), `1 to ${longest} characters, got ${value.length}`);
    if (pattern && !pattern.test(value))
      refuse(this.#at(key), `${allowed ?? String(pattern)}, got ${quoted(value)}`);
    return value;
  }

  oneOf<T extends string>(key: string, allowed: readonly T[]): T {
    const value = this.string(key, 100);
    if (!(allowed as readonly string[]).includes(value))
      refuse(this.#at(key), `one of ${allowed.join(", ")}, got ${quoted(value)}`);
    return value as T;
  }

  integer(key: string, least: number, most: number): number {
    const value = this.#take(key);
    if (typeof value !== "number" || !Number.isInteger(value))
      return this.#wrong(key, "a whole number", value);
    if (value < least || value > most) refuse(this.#at(key), `${least} to ${most}, got ${value}`);
    return value;
  }

  boolean(key: string): boolean {
    const value = this.#take(key);
    return typeof value === "boolean" ? value : this.#wrong(key, "true or false", value);
  }

  /** ISO 8601 with a zone, to the second. */
  time(key: string): Date {
    const text = this.string(
      key,
      40,
      /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/,
      "a time such as 2026-01-31T12:00:00Z",
    );
    const time = new Date(text);
    if (Number.isNaN(time.getTime())) refuse(this.#at(key), `a calendar date, got ${quoted(text)}`);
    return time;
  }

  object<T>(key: string, read: (fields: RequestFields) => T): T {
    return RequestFields.of(this.#take(key), this.#at(key), read);
  }

  list<T>(key: string, longest: number, read: (fields: RequestFields) => T): T[] {
    return this.#array(key, longest).map((item, index) =>
      RequestFields.of(item, `${this.#at(key)}[${index}]`, read),
    );
  }

  strings(key: string, longest: number): string[] {
    return this.#array(key, longest).map((item, index) => {
      if (typeof item !== "string" || item.length === 0 || item.length > 256)
        refuse(`${this.#at(key)}[${index}]`, `a string of 1 to 256 characters, got ${kind(item)}`);
      return item as string;
    });
  }

  /** An object whose keys are data. */
  record<T>(key: string, most: number, read: (fields: RequestFields, name: string) => T): Record<string, T> {
    const value = this.#take(key);
    if (typeof value !== "object" || value === null || Array.isArray(value))
      return this.#wrong(key, "an object", value);
    const names = Object.keys(value);
    if (names.length > most) refuse(this.#at(key), `at most ${most} entries, got ${names.length}`);
    // Each entry is read as a field of this object, so that its path is right; no name reaches a prototype.
    const fields = new RequestFields(this.#at(key), value as Record<string, unknown>);
    return Object.fromEntries(names.map((name) => [name, read(fields, name)]));
  }

  #array(key: string, longest: number): unknown[] {
    const value = this.#take(key);
    if (!Array.isArray(value)) return this.#wrong(key, "a list", value);
    if (value.length > longest) refuse(this.#at(key), `at most ${longest} items, got ${value.length}`);
    return value;
  }

  #take(key: string): unknown {
    this.#read.add(key);
    return Object.hasOwn(this.#fields, key) ? this.#fields[key] : undefined;
  }

  #at(key: string): string {
    return this.#path ? `${this.#path}.${key}` : key;
  }

  #wrong(key: string, wanted: string, value: unknown): never {
    return refuse(this.#at(key), `${wanted}, got ${kind(value)}`);
  }
}

function kind(value: unknown): string {
  if (value === undefined) return "nothing";
  if (value === null) return "null";
  return Array.isArray(value) ? "a list" : typeof value;
}

const quoted = (text: string): string => JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);

function refuse(path: string, message: string): never {
  throw new Refused("request", `${path}: ${message}`);
}
