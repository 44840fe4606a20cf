/**
 * The decision on one request: an ordered list of steps. The first denial wins, nothing is allowed before all have
 * passed, and an exception is a fault: never an Allow, never a crash.
 *
 * Nothing here is cached from one request to the next but the policy, the CRLs (for `refreshSeconds`), the token
 * server's keys, tokens for the backend (for half of their minute), and what cannot change: that a certificate's bytes
 * parse and its signature verifies.
 */
import type { Route } from "#contract/routes.ts";
import { type Context, type Decision, type Grant, type Outcome, pass } from "./decision.ts";
import { requestIdOf } from "./event.ts";
import type { Gate } from "./gate.ts";
import type { HookRequest, Hooks } from "./hooks.ts";
import { ask, askScopes, tell } from "./run-hooks.ts";
import type { Identified } from "./steps/certificate.ts";
import type { Placed } from "./steps/place.ts";
import { revocation } from "./steps/revocation.ts";
import { rules } from "./steps/rules.ts";
import { scopes } from "./steps/scopes.ts";
import { token } from "./steps/token.ts";
import { Trail } from "./trail.ts";

/** Step 0, of this request: it differs with who is in front. */
export type Place = () => Outcome<Placed> | Promise<Outcome<Placed>>;

export async function authorize(event: unknown, place: Place, gate: Gate): Promise<Decision> {
  const decision = await decide(event, place, gate);
  return decision.allowed ? decision : tell(decision, gate.hooks);
}

async function decide(event: unknown, place: Place, gate: Gate): Promise<Decision> {
  const trail = new Trail(gate.stopwatch);
  try {
    trail.ofRequest(requestIdOf(event));

    // 0. It came through our API, stage and domain (or private edge), for a route of ours, with a client certificate.
    const placed = await trail.step("place", place);
    if (!placed.passed) return trail.denied(placed);
    const { route, forwarding, certificatePem } = placed.found;
    trail.onRoute(route);

    // 1. The certificate was made by a pinned issuing certificate, for a client, and is valid now.
    const identified = await trail.step("certificate", async () =>
      (await gate.certificates()).decide(certificatePem, gate.now()),
    );
    if (!identified.passed) return trail.denied(identified);
    const { client, issuer } = identified.found;
    trail.byClient(client);

    // 2. Neither it nor its issuing certificate is revoked, by lists that can be believed now.
    const { policy } = await gate.trust();
    const standing = await trail.step("revocation", async () =>
      revocation(identified.found, await gate.crls(issuer), policy.revocation, gate.now()),
    );
    if (!standing.passed) return trail.denied(standing);
    if (standing.found === "off") trail.withoutRevocation();

    // 3. A rule of the policy admits this client to this route.
    const rule = await trail.step("rules", () => rules(policy.rules, route, identified.found));
    if (!rule.passed) return trail.denied(rule);

    // 4 and 5. On routes that ask for one: a valid token, bound to this certificate, that carries their scopes.
    trail.answering(policy.tokens?.answers);
    const request = { event, route, client };
    const entered = await ask("onEnter", gate.hooks.onEnter, request);
    if (!entered.passed) return trail.denied(entered);
    const granted = await access(request, identified.found, gate, trail);
    if (!granted.passed) return trail.denied(granted);

    // 6. What hooks object to is denied; what they add goes into the answer, and so does a token for a backend.
    const added = await additions(request, granted.found, gate);
    if (!added.passed) return trail.denied(added);
    const grant = granted.found ? { grant: granted.found } : {};
    const backendToken = forwarding
      ? await trail.step("policy", () => gate.backendToken({ forwarding, client, ...grant }))
      : undefined;
    return trail.allowed({
      route,
      client,
      rule: rule.found,
      ...grant,
      ...(backendToken === undefined ? {} : { backendToken }),
      context: { ...entered.found, ...granted.found?.context, ...added.found },
    });
  } catch (error) {
    return trail.fault(error);
  }
}

/** The token's grant, or nothing where the route asks for none. */
async function access(
  request: HookRequest,
  identified: Identified,
  gate: Gate,
  trail: Trail,
): Promise<Outcome<Grant | undefined>> {
  const { hooks } = gate;
  const more = await askScopes(hooks.determineScopes, request);
  if (!more.passed) return more;
  const { route } = request;
  const wanted = [...scopesOf(route), ...more.found];
  if (route.tokens === "none" && wanted.length === 0) return pass(undefined);
  const { tokens } = (await gate.trust()).policy;
  const verify = await gate.tokens();
  if (!tokens || !verify) throw new Error("the route asks for a token, and the policy knows none");

  const question = { identified, scopes: wanted, now: gate.now() };
  const bound = tokens.bound || route.tokens === "bound";
  const granted = await trail.step("token", () => token(request.event, question, verify, { bound }));
  if (!granted.passed) {
    const heard = await ask("onIntrospectionError", hooks.onIntrospectionError, request, granted);
    return { ...granted, context: { ...(heard.passed ? heard.found : {}), ...granted.context } };
  }
  const enough = await trail.step("scopes", () => scopes(wanted, granted.found));
  if (!enough.passed) return enough;
  const heard = await ask("onIntrospection", hooks.onIntrospection, request, granted.found);
  if (!heard.passed) return heard;
  return pass({ ...granted.found, context: { ...heard.found, ...granted.found.context } });
}

const scopesOf = ({ scopes: wanted }: Route): readonly string[] => (wanted === "none" ? [] : wanted);

async function additions(
  request: HookRequest,
  grant: Grant | undefined,
  gate: Gate,
): Promise<Outcome<Context>> {
  const { onAllow, updateContext } = gate.hooks;
  const adding: Hooks["onAllow"] =
    updateContext && (async (...shown) => ({ context: await updateContext(...shown) }));
  const updated = await ask("updateContext", adding, request, grant);
  if (!updated.passed) return updated;
  const allowed = await ask("onAllow", onAllow, request, grant);
  return allowed.passed ? pass({ ...updated.found, ...allowed.found }) : allowed;
}
