/** A secret that is a JSON object. What is wrong with it is said without a word of it. */
export function secretJson(secret: string, what: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(secret);
  } catch {
    // The parser's own message quotes the text.
  }
  if (typeof value !== "object" || value === null) throw new Error(`${what} is no JSON object`);
  return value as Readonly<Record<string, unknown>>;
}
