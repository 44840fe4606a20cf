/**
 * One refresh: gather → never older than seen → install, if anything has changed → one line of log.
 *
 * It never throws: a failure is a line with the event "refresh-failed", which is counted, and everything stays as it
 * was. What stays opens nothing for longer than its CRLs allow: NGINX holds to their age by itself.
 */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { EdgeSettings } from "#contract/private-edge.ts";
import { type InstallPlaces, install, installedDigest } from "./install.ts";
import { SeenLists } from "./lists.ts";
import { withLock } from "./lock.ts";
import { gather, type Material, type NginxPlaces, type Sources } from "./material.ts";

export interface RefreshPlaces {
  readonly runtime: string;
  readonly state: string;
  readonly log: string;
  readonly nginx: string;
  readonly authorities: string;
  readonly listen?: string;
  readonly user?: string;
}

export interface RefreshParts extends Sources {
  readonly settings: EdgeSettings;
  readonly places: RefreshPlaces;
  readonly now: () => Date;
}

export type RefreshResult =
  | {
      readonly event: "refreshed";
      readonly at: string;
      readonly installed: "reloaded" | "not-running" | "unchanged";
      /** False: the lists are too old, and NGINX lets nobody in. */
      readonly open: boolean;
      readonly listsFreshUntil: string;
      readonly crlAgeSeconds: number;
      readonly rootCrlAgeSeconds: number;
      readonly serverCertificateDays: number;
    }
  | { readonly event: "refresh-failed"; readonly at: string; readonly problem: string };

export async function refresh(parts: RefreshParts): Promise<RefreshResult> {
  const { places, settings, now } = parts;
  try {
    await mkdir(places.runtime, { recursive: true, mode: 0o711 });
    await mkdir(places.state, { recursive: true, mode: 0o700 });
    await mkdir(places.log, { recursive: true, mode: 0o755 });
    return await withLock(join(places.runtime, "lock"), async () => {
      const material = await gather(settings, nginxPlaces(places), parts, now());
      await new SeenLists(join(places.state, "seen-lists.json")).accept(material.lists);
      const unchanged = (await installedDigest(places.runtime)) === material.digest;
      const installed = unchanged ? "unchanged" : await install(material, installPlaces(places));
      return told(material, installed, now());
    });
  } catch (error) {
    const problem = error instanceof Error ? error.message : "something other than an Error was thrown";
    return { event: "refresh-failed", at: now().toISOString(), problem: problem.slice(0, 1000) };
  }
}

const pidFile = ({ runtime }: RefreshPlaces): string => join(runtime, "nginx.pid");

function nginxPlaces(places: RefreshPlaces): NginxPlaces {
  const { runtime, log, authorities, listen, user } = places;
  return {
    pidFile: pidFile(places),
    logDirectory: log,
    temporaryDirectory: join(runtime, "tmp"),
    authorities,
    ...(listen === undefined ? {} : { listen }),
    ...(user === undefined ? {} : { user }),
  };
}

const installPlaces = (places: RefreshPlaces): InstallPlaces => ({
  runtime: places.runtime,
  nginx: places.nginx,
  pidFile: pidFile(places),
});

function told(
  { lists, listsFresh, serverCertificateEnds }: Material,
  installed: Extract<RefreshResult, { event: "refreshed" }>["installed"],
  now: Date,
): RefreshResult {
  const age = (which: "issuing" | "root") =>
    Math.max(
      ...lists.filter(({ ca }) => ca === which).map(({ crl }) => now.getTime() - crl.thisUpdate.getTime()),
    ) / 1000;
  return {
    event: "refreshed",
    at: now.toISOString(),
    installed,
    open: listsFresh.from.getTime() <= now.getTime() && now.getTime() < listsFresh.until.getTime(),
    listsFreshUntil: listsFresh.until.toISOString(),
    crlAgeSeconds: age("issuing"),
    rootCrlAgeSeconds: age("root"),
    serverCertificateDays: Math.floor((serverCertificateEnds.getTime() - now.getTime()) / 86_400_000),
  };
}
