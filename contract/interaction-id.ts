/**
 * `x-fapi-interaction-id` (FAPI 1.0 baseline 6.2.1): the caller's own mark of a request, which every answer repeats:
 * gateway responses by a mapping, functions by `interactionIdOf`. Without one, functions answer with API Gateway's id
 * of the request, a UUID that its logs have too; a gateway response cannot choose, and sends none. A backend gets the
 * header and answers for itself.
 */
export const interactionIdHeader = "x-fapi-interaction-id";

/** The header to answer with. What is longer or stranger than an id is not repeated. */
export function interactionIdOf(event: unknown): Readonly<Record<string, string>> {
  const id = givenId(event) ?? requestId(event);
  return id === undefined ? {} : { [interactionIdHeader]: id };
}

function givenId(event: unknown): string | undefined {
  const headers: unknown = (event as { readonly headers?: unknown } | null | undefined)?.headers;
  if (typeof headers !== "object" || headers === null) return undefined;
  const values = Object.entries(headers).filter(([name]) => name.toLowerCase() === interactionIdHeader);
  const [, value] = values.length === 1 ? (values[0] ?? []) : [];
  return typeof value === "string" && /^[\x21-\x7e]{1,128}$/.test(value) ? value : undefined;
}

function requestId(event: unknown): string | undefined {
  const context = (event as { readonly requestContext?: { readonly requestId?: unknown } } | null | undefined)
    ?.requestContext;
  const id = context?.requestId;
  return typeof id === "string" && /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(id) ? id : undefined;
}
