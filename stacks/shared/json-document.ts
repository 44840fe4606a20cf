/**
 * JSON text in which Terraform's values stand as JSON: a list stays a list, a string is quoted by Terraform.
 *
 * Not `Fn.jsonencode(object)`: it writes literals unescaped, so that a backslash of the configuration breaks the
 * expression or changes its meaning.
 */
import { Fn, Token } from "cdktf";

/** `value`: plain data and references to attributes of resources. */
export function jsonDocument(value: unknown): string {
  const references: string[] = [];
  const text = JSON.stringify(value, (_key, one: unknown) => {
    if (Token.isUnresolved(one)) return `${mark}${references.push(Fn.jsonencode(one)) - 1}`;
    if (typeof one === "string" && one.includes(mark)) throw new Error("a NUL in a JSON document");
    return one;
  });
  return (
    text
      // Literals are no templates.
      .replace(/[$%]\{/g, (opening) => `${opening[0]}${opening}`)
      .replace(/"\\u0000(\d+)"/g, (_all, index: string) => String(references[Number(index)]))
  );
}

const mark = "\0";
