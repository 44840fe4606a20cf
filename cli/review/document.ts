/**
 * JSON inside Terraform's strings, with expressions in it: `{"a":${jsonencode(x.arn)},"b":"${y.id}/z"}`.
 *
 * An expression becomes a string that holds it; `undefined` when the rest is no JSON object.
 */
import { isObject, type Json, type JsonObject } from "./stack.ts";

export function parseDocument(text: string): JsonObject | undefined {
  if (!/^\s*\{/.test(text)) return undefined;
  const plain = withoutExpressions(text);
  if (plain === undefined) return undefined;
  try {
    const value = JSON.parse(plain) as Json;
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function withoutExpressions(text: string): string | undefined {
  let result = "";
  let inString = false;
  for (let index = 0; index < text.length; ) {
    const two = text.slice(index, index + 2);
    if (text.startsWith("$${", index) || text.startsWith("%%{", index)) {
      // An escaped opening: a literal.
      result += text.slice(index + 1, index + 3);
      index += 3;
    } else if (two === "${" || two === "%{") {
      const end = expressionEnd(text, index + 2);
      if (end === undefined) return undefined;
      const quoted = JSON.stringify(text.slice(index, end));
      result += inString ? quoted.slice(1, -1) : quoted;
      index = end;
    } else if (inString && text[index] === "\\") {
      result += two;
      index += 2;
    } else {
      if (text[index] === '"') inString = !inString;
      result += text[index++];
    }
  }
  return result;
}

/** Where the expression ends whose inside begins at `from`; strings may hold braces. */
function expressionEnd(text: string, from: number): number | undefined {
  let depth = 1;
  let inString = false;
  for (let index = from; index < text.length; index++) {
    const one = text[index];
    if (inString && one === "\\") index++;
    else if (one === '"') inString = !inString;
    else if (!inString && one === "{") depth++;
    else if (!inString && one === "}" && --depth === 0) return index + 1;
  }
  return undefined;
}
