/**
 * The stage's access log: one line a request in the stage's own format; a variable without a value is `-`.
 *
 * Values are escaped as inside a JSON string, so that no name in a certificate and no header can end a line or
 * forge a field. How AWS escapes is not documented: a format that relies on it is read with care.
 */
import { contextVariable, type Exchange } from "./exchange.ts";

export function accessLogLine(format: string, exchange: Exchange): string {
  return format
    .replace(/\$context((?:\.[A-Za-z0-9_]+)+)/g, (_, path: string) => {
      const value = contextVariable(exchange, path.slice(1));
      return value === undefined ? "-" : escapeValue(value);
    })
    .replace(/[\r\n]+/g, " ");
}

/** JSON's escapes, and the two line separators that JSON leaves alone. */
function escapeValue(value: string): string {
  return JSON.stringify(value)
    .slice(1, -1)
    .replace(
      /[\u007f-\u009f\u2028\u2029]/g,
      (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, "0")}`,
    );
}
