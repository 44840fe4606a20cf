/**
 * Runs hooks so that they can only ever narrow: what is not a plain "no objection" denies, context is taken only if
 * it is text, what they are shown is frozen, and a hook of a refusal cannot change that it is one.
 */
import { type Context, deny, type Outcome, pass, type Refused } from "./decision.ts";
import type { HookAnswer, Hooks } from "./hooks.ts";

type Hook<Shown extends readonly unknown[], Answer> = (...shown: Shown) => Answer | Promise<Answer>;

/** No objection, with the context to add; or a denial. */
export async function ask<Shown extends readonly unknown[]>(
  name: keyof Hooks,
  hook: Hook<Shown, HookAnswer | undefined> | undefined,
  ...shown: Shown
): Promise<Outcome<Context>> {
  if (!hook) return pass({});
  try {
    const answer = await hook(...frozen(shown));
    if (answer?.deny !== undefined && answer.deny !== false) return { ...deny("denied-by-hook", name) };
    return pass(texts(answer?.context));
  } catch {
    return deny("denied-by-hook", `${name} threw`);
  }
}

/** Scopes that a hook wants besides; no list of strings is an objection. */
export async function askScopes<Shown extends readonly unknown[]>(
  hook: Hook<Shown, readonly string[]> | undefined,
  ...shown: Shown
): Promise<Outcome<readonly string[]>> {
  if (!hook) return pass([]);
  try {
    const more: unknown = await hook(...frozen(shown));
    // RFC 6749 3.3, scope-token: what else could break the challenge.
    const valid =
      Array.isArray(more) &&
      more.every((one) => typeof one === "string" && /^[\x21\x23-\x5b\x5d-\x7e]+$/.test(one));
    return valid ? pass(more as string[]) : deny("denied-by-hook", "determineScopes");
  } catch {
    return deny("denied-by-hook", "determineScopes threw");
  }
}

/** Lets the hook of a refusal see it; whatever happens there, it stays refused. */
export async function tell(refused: Refused, hooks: Hooks): Promise<Refused> {
  try {
    if (refused.answer === "unauthorized") await hooks.onUnauthorized?.(frozen(refused));
    else if (refused.answer === "fault") await hooks.onFault?.(frozen(refused));
    else if (hooks.onDeny) {
      const answer = await hooks.onDeny(frozen(refused));
      return { ...refused, context: { ...texts(answer?.context), ...refused.context } };
    }
  } catch {
    return { ...refused, detail: `${refused.detail ?? ""} (its hook threw)`.trim() };
  }
  return refused;
}

function texts(context: unknown): Context {
  if (typeof context !== "object" || context === null) return {};
  return Object.fromEntries(
    Object.entries(context).flatMap(([key, value]) =>
      typeof value === "string" ? [[key, value] as const] : [],
    ),
  );
}

/** Plain objects and lists, all the way down: a hook that writes to them throws, and one that throws denies. */
function frozen<T>(value: T): T {
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return value;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (!Array.isArray(value) && prototype !== Object.prototype && prototype !== null) return value;
  Object.freeze(value);
  for (const one of Object.values(value)) frozen(one);
  return value;
}
