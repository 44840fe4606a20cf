/**
 * Reads the event, which may be anything: a missing, foreign or hostile value is `undefined`, never an exception.
 * Shape: REQUEST authorizer, REST API, payload version 1 (API Gateway developer guide, "Input to a Lambda
 * authorizer").
 */

/** The string at a path of own properties; undefined when there is none. */
export function textAt(event: unknown, ...path: readonly string[]): string | undefined {
  const value = valueAt(event, ...path);
  return typeof value === "string" ? value : undefined;
}

export function valueAt(event: unknown, ...path: readonly string[]): unknown {
  let value = event;
  for (const name of path) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, name)) return undefined;
    value = (value as Readonly<Record<string, unknown>>)[name];
  }
  return value;
}

/** API Gateway's id of the request, for the audit line: whatever does not look like one is left out. */
export function requestIdOf(event: unknown): string {
  const id = textAt(event, "requestContext", "requestId");
  return id !== undefined && /^[A-Za-z0-9=_.:-]{1,128}$/.test(id) ? id : "unknown";
}
