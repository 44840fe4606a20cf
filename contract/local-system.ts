/**
 * How programs find the system that `npm start` runs on this machine: one JSON file a system, readable by its
 * owner only, removed when the system stops.
 */

/** Folder of the files, relative to the project. */
export const localSystemsFolder = ".local/systems";

/** Names one file when several systems run at once. */
export const localSystemVariable = "MTLS_API_SYSTEM";

export interface LocalSystem {
  /** Process id of `npm start`. */
  readonly pid: number;
  readonly environment: string;
  /** The embedded AWS: https on loopback. */
  readonly endpoint: string;
  /** PEM file of the authority that signed the endpoint's certificate. */
  readonly endpointCa: string;
  /** A root of the CA account: on this machine the account id is the access key. */
  readonly operatorAccessKey: string;
  /** Environment variables with which Terraform deploys here, once it has; nothing in them is secret. */
  readonly terraform?: Readonly<Record<string, string>>;
  /** The local gateway, once it listens. */
  readonly gateway?: { readonly port: number; readonly ca: string };
}
