/**
 * Check 22: what the CA does is told on its bus, each thing once; nobody else's business goes there, and nothing of
 * the CA goes elsewhere. What a detail holds: test/unit/ca/notifications.test.ts.
 */
import { attempts } from "#aws/attempts.ts";
import { countingEvents } from "#aws/bus-archive.ts";
import { caEventSource, caEvents } from "#contract/ca-events.ts";
import { caAliases, caEventBusName, caFunctionName, caFunctions } from "#contract/names.ts";
import { type CheckContext, eventually } from "../context.ts";

const kinds = ["issued", "revoked", "on-hold", "released", "refused"] as const;

export async function notifications(at: CheckContext): Promise<void> {
  const bus = caEventBusName(at.environment.name);
  const patterns = Object.fromEntries(
    kinds.map((kind) => [kind, { source: [caEventSource], "detail-type": [caEvents[kind]?.detailType] }]),
  );
  await countingEvents(at.ca.connection, bus, patterns, async (count) => {
    const client = await at.issue("to-be-told-of");
    const revoke = (order: Record<string, unknown>) =>
      at.ca.invoke(`${caFunctionName(at.environment.name, "ca-revoke")}:${caAliases.operator}`, {
        generation: client.generation,
        serial: client.serial,
        ...order,
      });
    await revoke({ reason: "certificateHold" });
    await revoke({ action: "release" });
    await revoke({ reason: "superseded" });
    await revoke({ reason: "superseded" });
    await revoke({ action: "release" });
    const expected = { issued: 1, revoked: 1, "on-hold": 1, released: 1, refused: 1 };
    const got = await eventually(async () => {
      const counts = await count();
      return JSON.stringify(counts) === JSON.stringify(expected) ? counts : undefined;
    }, 15);
    at.report.row(
      22,
      "issue, hold, release, revoke, a revocation again, a release that is refused: each told once",
      JSON.stringify(expected),
      JSON.stringify(got ?? (await count())),
    );
  });
  await nothingFailed(at);
  await onlyFunctionsTell(at, bus);
}

async function nothingFailed(at: CheckContext): Promise<void> {
  const failed: string[] = [];
  let measures = 0;
  for (const slug of caFunctions)
    for (const line of await at.ca.logMessages(`/aws/lambda/${caFunctionName(at.environment.name, slug)}`)) {
      if (line.includes('"notification-failed"')) failed.push(line);
      if (line.includes('"CrlSecondsLeft"')) measures++;
    }
  at.report.row(22, "no notification has failed in this run", "none", failed[0] ?? "none");
  at.report.row(22, "the age of the CRLs is measured", "yes", measures > 0 ? "yes" : "no");
}

async function onlyFunctionsTell(at: CheckContext, bus: string): Promise<void> {
  const role = (slug: (typeof caFunctions)[number]) =>
    at.ca.assumeFunctionRole(at.environment.ca.account, caFunctionName(at.environment.name, slug));
  const issue = await role("ca-issue");
  at.report.row(22, "ca-issue sends to the CA's bus", "allowed", await attempts.putEvent(bus)(issue));
  at.report.row(22, "ca-issue sends to another bus", "denied", await attempts.putEvent("default")(issue));
}
