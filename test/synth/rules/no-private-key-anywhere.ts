/**
 * Invariant I8: no private key in any synthesized file. pki/private-keys-in.ts says what is found and what is not;
 * `npm start -- --check` holds it against states, buckets and logs. No stack is excepted here; of the states one is, the
 * CA's on engine "tls", and `npm start -- --environment tls --check` expects its keys there and nowhere else.
 */
import { privateKeysIn } from "#pki/private-keys-in.ts";
import { at } from "../synthesized.ts";
import type { Rule } from "./rule.ts";

export const noPrivateKeyAnywhere: Rule = {
  name: "no private key anywhere",
  check: ({ text, json, name }) =>
    [...new Set([...privateKeysIn(text), ...privateKeysIn(JSON.stringify(json))])].map(
      (what) => `${name}: ${what}`,
    ),
  controls: [
    {
      defect: "a PEM key in a variable",
      kind: "api",
      make: (json) => {
        at(json, "aws_lambda_function", "authorizer/function/function").environment.variables.KEY =
          "-----BEGIN EC PRIVATE KEY-----\nMHcCAQEE\n-----END EC PRIVATE KEY-----";
      },
    },
  ],
};
