/** AWS as a deployed function sees it: its own region, the SDK's chain for everything else. */
import type { Connection } from "#aws/connection.ts";

export function ownConnection(variables: Readonly<Record<string, string | undefined>>): Connection {
  const region = variables.AWS_REGION;
  if (!region) throw new Error("AWS_REGION must be set; Lambda sets it");
  return { region };
}
