/**
 * ca-publish: the issuing CRLs of all generations, or of one with proof that a revocation is in it. One generation's
 * fault does not keep the others from being published; it is thrown in the end, so that the run counts as failed.
 */
import type {
  CaConfiguration,
  PublishedCrl,
  PublishRequest,
  PublishResult,
  Refusal,
} from "#contract/ca-requests.ts";
import { externalKeys, issuingCrlUrl } from "#contract/external-bucket.ts";
import { CaFault } from "./fault.ts";
import { type CompleteGeneration, completeGeneration, hasEnded } from "./generation.ts";
import {
  type CrlSubject,
  ensureCrl,
  type PublishDependencies,
  type Published,
  publishCrl,
} from "./publish-crl.ts";
import { answer, Refused } from "./refusal.ts";

export function publishCrls(
  dependencies: PublishDependencies,
  request: PublishRequest,
): Promise<PublishResult | Refusal> {
  return answer(async () => {
    const configuration = await dependencies.ledger.configuration();
    if (request.assert) return { published: [await publishWithProof(dependencies, configuration, request)] };
    // The schedule may come before the first deployment has finished.
    if (!configuration) return { published: [] };
    return { published: await publishAll(dependencies, configuration, request) };
  });
}

async function publishAll(
  dependencies: PublishDependencies,
  configuration: CaConfiguration,
  request: PublishRequest,
): Promise<PublishedCrl[]> {
  const { ledger, clock, log } = dependencies;
  const done: PublishedCrl[] = [];
  const faults: unknown[] = [];
  for (const { id, status } of configuration.generations)
    try {
      const generation = completeGeneration(id, await ledger.generation(id));
      const subject = issuingCrl(configuration, generation);
      if (status === "retired" && hasEnded(generation, clock.now(), subject.keepExpiredSeconds)) continue;
      const publish = request.onlyWhereDue ? ensureCrl : publishCrl;
      done.push(toReport(await publish(dependencies, subject)));
    } catch (error) {
      log("publish-failed", {
        generation: id,
        reason: error instanceof Error ? error.message : String(error),
      });
      faults.push(error);
    }
  if (faults.length === 1) throw faults[0];
  if (faults.length > 1)
    throw new AggregateError(faults, `the CRLs of ${faults.length} generations could not be published`);
  return done;
}

async function publishWithProof(
  dependencies: PublishDependencies,
  configuration: CaConfiguration | undefined,
  { assert }: PublishRequest,
): Promise<PublishedCrl> {
  const { generation: id, serial, listed } = assert as NonNullable<PublishRequest["assert"]>;
  if (!configuration)
    throw new Refused("not-ready", "the CA has no configuration yet: deploy the CA stack first");
  const generation = await dependencies.ledger.generation(id);
  if (!generation) throw new Refused("unknown-generation", `no generation ${id}`);
  const subject = issuingCrl(configuration, completeGeneration(id, generation));
  const result = await publishCrl(dependencies, subject);
  if ((result.crl.find(serial) !== undefined) !== listed)
    throw new CaFault(
      "crl-lacks-serial",
      `CRL ${result.number} of generation ${id} ${listed ? "does not show" : "still shows"} ${serial}`,
    );
  return toReport(result);
}

const toReport = ({ crl: _, ...report }: Published): PublishedCrl => report;

function issuingCrl({ crl, generations }: CaConfiguration, generation: CompleteGeneration): CrlSubject {
  const publicUrl = generations.find((one) => one.id === generation.id)?.publicUrl;
  return {
    generation: generation.id,
    issuer: generation.issuing,
    objectKey: externalKeys.issuingCrl(generation.id),
    lifetimeSeconds: crl.lifetimeHours * 3600,
    keepExpiredSeconds: crl.publishEveryMinutes * 60,
    ...(publicUrl === undefined ? {} : { distributionPoint: issuingCrlUrl(publicUrl, generation.id) }),
  };
}
