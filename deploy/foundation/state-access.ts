/** Whose states are kept in an account, and by what names. */
import type { Environment } from "#config/environment.ts";
import { stackNames, stateKey } from "#contract/names.ts";

export interface StatePlace {
  readonly bucket: string;
  readonly key: string;
}

export function statesIn({ name, ca, apis }: Environment, account: string): readonly StatePlace[] {
  return [
    { place: ca, stack: stackNames.ca(name) },
    ...apis.map((api) => ({ place: api, stack: stackNames.api(name, api.name) })),
  ]
    .filter(({ place }) => place.account === account)
    .map(({ place, stack }) => ({ bucket: place.state.bucket, key: stateKey(stack) }));
}

export const bucketArn = (bucket: string): string => `arn:aws:s3:::${bucket}`;
