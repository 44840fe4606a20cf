/** What a command says of a state that somebody holds: whose the lock is, and how to free it when that run has died. */
import type { StateLock } from "#aws/terraform-state.ts";

export function lockText(stack: string, { who, created, operation, id }: StateLock): string {
  const here = `terraform -chdir=terraform/stacks/${stack}`;
  return [
    `the state of ${stack} is locked by ${who} since ${created} (${operation}): wait for that run`,
    `if it is certain that it has died: ${here} init && ${here} force-unlock ${id}`,
  ].join("\n");
}
