/**
 * Runs hooks so that they can only ever narrow: what is not a plain "no objection" denies, context is taken only if
 * it is text, and a hook of a refusal cannot change that it is one.
 */
import { type Context, deny, type Outcome, pass, type Refused } from "./decision.ts";
import type { HookAnswer, Hooks } from "./hooks.ts";

type Asked = HookAnswer | undefined | Promise<HookAnswer | undefined>;

/** No objection, with the context to add; or a denial. */
export async function ask(name: keyof Hooks, run: (() => Asked) | undefined): Promise<Outcome<Context>> {
  if (!run) return pass({});
  try {
    const answer = await run();
    if (answer?.deny !== undefined && answer.deny !== false) return { ...deny("denied-by-hook", name) };
    return pass(texts(answer?.context));
  } catch {
    return deny("denied-by-hook", `${name} threw`);
  }
}

/** Scopes that a hook wants besides; no list of strings is an objection. */
export async function askScopes(
  run: (() => readonly string[] | Promise<readonly string[]>) | undefined,
): Promise<Outcome<readonly string[]>> {
  if (!run) return pass([]);
  try {
    const more: unknown = await run();
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
    if (refused.answer === "unauthorized") await hooks.onUnauthorized?.(refused);
    else if (refused.answer === "fault") await hooks.onFault?.(refused);
    else if (hooks.onDeny) {
      const answer = await hooks.onDeny(refused);
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
