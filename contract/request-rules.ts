/**
 * What a request must bring before anything answers it, checked by API Gateway itself once the authorizer has let it
 * in: 400 otherwise, and neither function nor backend is asked.
 *
 * The body is held against a schema whatever its Content-Type says: API Gateway checks nothing when no model fits
 * the type, so that another type would be a way around. Of headers and query only presence is checked.
 */

/** JSON schema, draft 4, as API Gateway speaks it; without `$ref`. */
export type JsonSchema = Readonly<Record<string, unknown>>;

export interface RequestRules {
  readonly body?: JsonSchema;
  /** Names of headers that must be there and not empty. */
  readonly headers?: readonly string[];
  /** Names of query parameters that must be there and not empty. */
  readonly query?: readonly string[];
}

export const schemaDialect = "http://json-schema.org/draft-04/schema#";

/** The model's text. */
export const modelText = (schema: JsonSchema): string =>
  JSON.stringify({ $schema: schemaDialect, ...schema });

/** `method.request.header.NAME` and the like, of what must be there. */
export function requiredParameters({ headers = [], query = [] }: RequestRules): string[] {
  return [
    ...headers.map((name) => `method.request.header.${name}`),
    ...query.map((name) => `method.request.querystring.${name}`),
  ];
}
