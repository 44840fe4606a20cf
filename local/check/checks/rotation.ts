/**
 * Checks 20 and 21: from one generation to the next while clients of both keep calling (the first of the three
 * deployments, which makes the next one trusted, is check 14), and an issuing certificate that its root revokes.
 */
import { setTimeout as wait } from "node:timers/promises";
import { deploy } from "#deploy/cdktf.ts";
import type { Client } from "../../start/client.ts";
import { type CheckContext, callAs, callUntil, gatewayReason, verdict } from "../context.ts";
import { ours, plansAreEmpty } from "./deployment.ts";

const configuration = "config/environments/local/index.ts";
const trusted = '[{ id: "g1", status: "active" }, { id: "g2", status: "trusted" }]';
const switched = '[{ id: "g1", status: "trusted" }, { id: "g2", status: "active" }]';
const retired =
  '[{ id: "g1", status: "retired", retireWithValidCertificates: true }, { id: "g2", status: "active" }]';

export async function rotation(at: CheckContext): Promise<void> {
  const { ca, api } = ours(at);
  const older = keepCalling(at, at.good);
  let newer: Calling | undefined;
  try {
    // 2 of 3: the next generation issues; every API trusts it since check 14.
    at.project.edit(configuration, trusted, switched);
    await deploy(at.terraform, [ca]);
    await plansAreEmpty(at, "after the next generation was made active", 20);
    const client = await at.issue("of-the-next-generation");
    at.report.row(20, "the next generation issues", "g2", client.generation);
    at.report.row(20, "… and its client is admitted", /^200 /, (await callAs(at, client)).summary);
    newer = keepCalling(at, client);

    // 3 of 3: the old one leaves the truststore.
    at.project.edit(configuration, switched, retired);
    await deploy(at.terraform, [ca]);
    at.report.row(
      20,
      "a client of the old generation: refusals until its API is deployed",
      none,
      await older.end(),
    );
    await deploy(at.terraform, [api]);
    await at.reloadGateway();
    await plansAreEmpty(at, "after the old generation was retired", 20);
    at.report.row(20, "a client of the next generation: refusals throughout", none, await newer.end());
  } finally {
    await older.end();
    await newer?.end();
  }
  const answer = await callAs(at, at.good);
  at.report.row(
    20,
    "a client of the retired generation is refused by the handshake",
    "403 client-certificate-untrusted",
    gatewayReason(at, answer),
  );
  const published = await at.operate("publish", "--env", "local", "--yes", "--json");
  const generations = (JSON.parse(published) as { readonly generation: string }[]).map(
    (one) => one.generation,
  );
  at.report.row(20, "the retired generation's CRL goes on", "g1 g2", generations.join(" "));
}

/** Calls were made, and none was refused. */
const none = /^none of [1-9]\d*$/;

interface Calling {
  /** `none of N`, or what came instead of 200. May be called again. */
  readonly end: () => Promise<string>;
}

/** Calls again and again until it is told to end. */
function keepCalling(at: CheckContext, client: Client): Calling {
  let running = true;
  let calls = 0;
  const refusals: string[] = [];
  const loop = (async () => {
    while (running) {
      const answer = await callAs(at, client);
      calls++;
      if (answer.status !== 200) refusals.push(await verdict(at, answer));
      await wait(500);
    }
  })();
  return {
    end: async () => {
      running = false;
      await loop;
      return refusals.length === 0
        ? `none of ${calls}`
        : `${refusals.length} of ${calls}: ${refusals.join(", ")}`;
    },
  };
}

export async function issuerRevoked(at: CheckContext): Promise<void> {
  const client = await at.issue("under-a-revoked-issuer");
  at.report.row(
    21,
    `a client of ${client.generation} before its issuing certificate is revoked`,
    /^200 /,
    (await callAs(at, client)).summary,
  );
  await at.operate(
    ...["revoke", "--env", "local", "--issuer", client.generation, "--reason", "cACompromise", "--yes"],
  );
  const promised = at.api.authorizer.refreshSeconds;
  const { got } = await callUntil(at, client, "403", promised + 10);
  at.report.row(21, `… refused within ${promised} s of the root CRL`, "403 revocation/issuer-revoked", got);
  const again = await at.operateAsConfigured("issue", "--env", "local", ...later);
  at.report.row(
    21,
    "… and it issues nothing any more",
    /issuing certificate of generation g2 is revoked/,
    again.stderr,
  );
}

const later = ["--subject", "CN=too-late", "--subject", "OU=Partners", "--output", "too-late", "--yes"];
