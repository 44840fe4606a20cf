/**
 * Where AWS is and who asks: the same for every client of the SDK. On AWS both come from the SDK's own chain
 * (profile, role, region); the embedded AWS of `npm start` is an https endpoint on loopback with an authority of
 * its own.
 */
import { Agent } from "node:https";

export interface Connection {
  readonly region: string;
  /** Left out: AWS itself. */
  readonly endpoint?: string;
  /** PEM of the authority that signed the endpoint's certificate. */
  readonly endpointCa?: string;
  /** Left out: the SDK's chain. A function is asked again when what it gave has expired. */
  readonly credentials?: Credentials | (() => Promise<Credentials>);
}

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  readonly expiration?: Date;
}

/** What every client's constructor takes: time-outs are bounded, three attempts. */
export function clientConfiguration(connection: Connection, requestTimeout = 60_000) {
  const { region, endpoint, endpointCa, credentials } = connection;
  return {
    region,
    maxAttempts: 3,
    requestHandler: {
      connectionTimeout: 5_000,
      requestTimeout,
      // Without it the SDK only warns and waits on.
      throwOnRequestTimeout: true,
      ...(endpointCa ? { httpsAgent: new Agent({ ca: endpointCa, keepAlive: true, maxSockets: 50 }) } : {}),
    },
    ...(endpoint ? { endpoint } : {}),
    ...(credentials ? { credentials } : {}),
  };
}
