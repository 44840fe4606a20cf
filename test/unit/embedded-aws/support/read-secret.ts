/** A function that reads the secrets it is asked for as the authorizer does, and tells what it got. */
import { createSecretReader, type SecretName } from "#aws/secret-value.ts";

const read = createSecretReader({
  environment: process.env,
  timeoutMilliseconds: 10_000,
  now: () => new Date(),
});

export const handler = (name: SecretName): Promise<{ value: string } | { problem: string }> =>
  read(name).then(
    (value) => ({ value }),
    (error: Error) => ({ problem: error.message }),
  );
