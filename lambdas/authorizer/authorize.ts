/**
 * The decision on one request: an ordered list of steps. The first denial wins, nothing is allowed before all have
 * passed, and an exception is a fault: never an Allow, never a crash.
 *
 * Nothing here is cached from one request to the next but the policy, the CRLs (for `refreshSeconds`) and what
 * cannot change: that a certificate's bytes parse and its signature verifies.
 */
import type { Decision } from "./decision.ts";
import { requestIdOf } from "./event.ts";
import type { Gate } from "./gate.ts";
import { place } from "./steps/place.ts";
import { revocation } from "./steps/revocation.ts";
import { rules } from "./steps/rules.ts";
import { Trail } from "./trail.ts";

export async function authorize(event: unknown, gate: Gate): Promise<Decision> {
  const trail = new Trail(gate.stopwatch);
  try {
    trail.ofRequest(requestIdOf(event));

    // 0. It came through our API, stage and domain, for a route of ours, with a client certificate.
    const placed = await trail.step("place", () => place(event, gate.deployment));
    if (!placed.passed) return trail.denied(placed);
    const { route, certificatePem } = placed.found;
    trail.onRoute(route);

    // 1. The certificate was made by a pinned issuing certificate, for a client, and is valid now.
    const identified = await trail.step("certificate", async () =>
      (await gate.certificates()).decide(certificatePem, gate.now()),
    );
    if (!identified.passed) return trail.denied(identified);
    const { client } = identified.found;
    trail.byClient(client);

    // 2. Neither it nor its issuing certificate is revoked, by lists that can be believed now.
    const { policy } = await gate.trust();
    const standing = await trail.step("revocation", async () =>
      revocation(identified.found, await gate.crls(identified.found.issuer), policy.revocation, gate.now()),
    );
    if (!standing.passed) return trail.denied(standing);

    // 3. A rule of the policy admits this client to this route.
    const rule = await trail.step("rules", () => rules(policy.rules, route, identified.found));
    if (!rule.passed) return trail.denied(rule);

    return trail.allowed(route, client, rule.found.name);
  } catch (error) {
    return trail.fault(error);
  }
}
