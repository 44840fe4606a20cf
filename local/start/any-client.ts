/** A client of the environment that runs here, by whatever way its engine has. */
import { type Client, type ClientOptions, issueClient } from "./client.ts";
import { generatedClient } from "./generated-client.ts";
import { environment } from "./local-environment.ts";
import type { System } from "./system.ts";

export type { Client };

const generated = environment.ca.engine.kind === "tls";

export const clientTitle = generated
  ? "client certificate taken from Terraform's state"
  : "client certificate issued (npm run ca -- issue)";

export const clientOf = (
  { systemFile, ca }: Pick<System, "systemFile" | "ca">,
  folder: string,
  name: string,
  asked?: ClientOptions,
): Promise<Client> =>
  generated ? generatedClient(ca, folder, name) : issueClient(systemFile, folder, name, asked);
