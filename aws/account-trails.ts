/**
 * What CloudTrail writes of an account's management events in one region. Rules of EventBridge on "AWS API Call via
 * CloudTrail" see what a trail logs, and nothing else.
 */
import {
  type AdvancedEventSelector,
  CloudTrailClient,
  DescribeTrailsCommand,
  type EventSelector,
  GetEventSelectorsCommand,
  GetTrailStatusCommand,
} from "@aws-sdk/client-cloudtrail";
import { type Connection, clientConfiguration } from "./connection.ts";

export interface TrailReading {
  readonly name: string;
  readonly logging: boolean;
  /** What it leaves out; "unknown": the trail is another account's, and does not say. */
  readonly leavesOut: readonly ("unknown" | "management events" | "read-only" | "write-only" | "KMS")[];
}

/** The trails that log this region, the organisation's among them. */
export async function accountTrails(connection: Connection): Promise<readonly TrailReading[]> {
  const client = new CloudTrailClient(clientConfiguration(connection));
  const { trailList = [] } = await client.send(new DescribeTrailsCommand({ includeShadowTrails: true }));
  const here = trailList.filter((one) => one.IsMultiRegionTrail || one.HomeRegion === connection.region);
  return Promise.all(
    here.map(async ({ Name = "", TrailARN: arn = Name }): Promise<TrailReading> => {
      const { IsLogging } = await client.send(new GetTrailStatusCommand({ Name: arn }));
      return { name: Name, logging: IsLogging === true, leavesOut: await leftOut(client, arn) };
    }),
  );
}

async function leftOut(client: CloudTrailClient, trail: string): Promise<TrailReading["leavesOut"]> {
  try {
    const { EventSelectors: basic, AdvancedEventSelectors: advanced } = await client.send(
      new GetEventSelectorsCommand({ TrailName: trail }),
    );
    return leftOutBy(basic ?? [], advanced ?? []);
  } catch {
    return ["unknown"];
  }
}

type Part = "read-only" | "write-only";
interface Logged {
  readonly parts: readonly Part[];
  readonly kms: boolean;
}

/** Selectors add up: an event is logged when one of them takes it. */
export function leftOutBy(
  basic: readonly EventSelector[],
  advanced: readonly AdvancedEventSelector[],
): TrailReading["leavesOut"] {
  const all = [...basic.map(ofBasic), ...advanced.map(ofAdvanced)].filter((one) => one.parts.length > 0);
  if (all.length === 0) return ["management events"];
  const parts = (some: readonly Logged[]) => new Set(some.flatMap((one) => one.parts));
  const missing = (["read-only", "write-only"] as const).filter((part) => !parts(all).has(part));
  const withKms = parts(all.filter((one) => one.kms));
  return [...missing, ...(withKms.size === parts(all).size ? [] : (["KMS"] as const))];
}

const both: readonly Part[] = ["read-only", "write-only"];

function ofBasic(one: EventSelector): Logged {
  const { IncludeManagementEvents: management = true, ReadWriteType: type = "All" } = one;
  const parts = { All: both, ReadOnly: ["read-only"], WriteOnly: ["write-only"] } as const;
  const kms = !(one.ExcludeManagementEventSources ?? []).includes("kms.amazonaws.com");
  return { parts: management ? parts[type] : [], kms };
}

/** Any condition that is not understood here counts as leaving out what it speaks of. */
function ofAdvanced({ FieldSelectors: fields = [] }: AdvancedEventSelector): Logged {
  const of = (name: string) => fields.find((one) => one.Field === name);
  const known = fields.every((one) => ["eventCategory", "readOnly", "eventSource"].includes(one.Field ?? ""));
  if (!known || !of("eventCategory")?.Equals?.includes("Management")) return { parts: [], kms: false };
  const readOnly = of("readOnly")?.Equals;
  const source = of("eventSource");
  return {
    parts: readOnly ? [readOnly.includes("true") ? "read-only" : "write-only"] : both,
    kms:
      !source ||
      (source.Equals?.includes("kms.amazonaws.com") ??
        (source.NotEquals !== undefined && !source.NotEquals.includes("kms.amazonaws.com"))),
  };
}
