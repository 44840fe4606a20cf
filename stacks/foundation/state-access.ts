/** Whose states are kept in an account, and by what names. The foundation's own is not among them. */
import type { Environment } from "#config/environment.ts";
import { stackNames, stateKey } from "#contract/names.ts";
import { bucketArn } from "./statements.ts";

/** ARNs of the state objects of the environment's stacks in an account. */
export function statesIn({ name, ca, apis }: Environment, account: string): readonly string[] {
  return [
    { place: ca, stack: stackNames.ca(name) },
    ...apis.map((api) => ({ place: api, stack: stackNames.api(name, api.name) })),
  ]
    .filter(({ place }) => place.account === account)
    .map(({ place, stack }) => `${bucketArn(place.state.bucket)}/${stateKey(stack)}`);
}
