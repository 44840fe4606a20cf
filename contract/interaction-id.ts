/**
 * `x-fapi-interaction-id` (FAPI 1.0 baseline 6.2.1): the caller's own mark of a request, which every answer repeats:
 * gateway responses by a mapping, functions by `interactionIdOf`. A backend gets the header and answers for itself.
 */
export const interactionIdHeader = "x-fapi-interaction-id";

/** The header to answer with; none where the request has none, or one that is longer or stranger than an id. */
export function interactionIdOf(event: unknown): Readonly<Record<string, string>> {
  const headers: unknown = (event as { readonly headers?: unknown } | null | undefined)?.headers;
  if (typeof headers !== "object" || headers === null) return {};
  const values = Object.entries(headers).filter(([name]) => name.toLowerCase() === interactionIdHeader);
  const [, value] = values.length === 1 ? (values[0] ?? []) : [];
  return typeof value === "string" && /^[\x21-\x7e]{1,128}$/.test(value)
    ? { [interactionIdHeader]: value }
    : {};
}
