/** ARNs against patterns with `*` and `?`, as IAM compares them: part by part, nothing across a colon. */

/**
 * ArnLike: each of the six parts is matched on its own; the last one holds the rest, colons and slashes included.
 * A lone `*`, and a shorter pattern that ends in `*`, match what follows too, as in a policy's Resource.
 */
export function matchesArn(pattern: string, arn: string): boolean {
  const wanted = parts(pattern);
  const given = parts(arn);
  if (given.length !== 6) return false;
  if (wanted.length < 6) {
    if (!pattern.endsWith("*")) return false;
    given.splice(wanted.length - 1, given.length, given.slice(wanted.length - 1).join(":"));
  }
  return wanted.every((one, i) => matchesGlob(one, given[i] as string));
}

/** `*`: any characters, none included; `?`: exactly one. Linear: one place to come back to. */
export function matchesGlob(pattern: string, text: string): boolean {
  let p = 0;
  let t = 0;
  let star = -1;
  let mark = 0;
  while (t < text.length) {
    if (pattern[p] === "*") {
      star = p++;
      mark = t;
    } else if (p < pattern.length && (pattern[p] === "?" || pattern[p] === text[t])) {
      p++;
      t++;
    } else if (star >= 0) {
      p = star + 1;
      t = ++mark;
    } else return false;
  }
  while (pattern[p] === "*") p++;
  return p === pattern.length;
}

function parts(arn: string): string[] {
  const all = arn.split(":");
  return all.length <= 6 ? all : [...all.slice(0, 5), all.slice(5).join(":")];
}
