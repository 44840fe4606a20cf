/**
 * Whoever trusts another account trusts named roles of it: the account as principal (a role that does not exist
 * yet cannot be one) and its roles as a condition. Otherwise any administrator there could let anybody in.
 */
import { at, dataSources, statements } from "../synthesized.ts";
import type { Rule } from "./rule.ts";

export const accountsAreTrustedByRole: Rule = {
  name: "accounts are trusted by role",
  check: ({ json, environment }) =>
    dataSources(json, "aws_iam_policy_document").flatMap(({ address, attributes }) =>
      statements(attributes)
        .filter(({ effect }) => effect === "Allow")
        .filter(({ principals }) => principals.some(({ type }) => type === "AWS"))
        // A key policy lets the IAM of its own account administer the key.
        .filter(({ sid }) => sid !== "Administration")
        .filter(({ condition, principals }) => {
          const roles = condition.find(
            ({ test, variable }) => test === "ArnEquals" && variable === "aws:PrincipalArn",
          );
          const accounts = [
            environment.ca.account,
            ...environment.apis.map(({ account }) => account),
            ...environment.operators.map((arn) => arn.split(":")[4]),
            // Backends read the JWKS.
            ...environment.apis.flatMap(({ backend }) =>
              (backend?.readers ?? []).map((arn) => arn.split(":")[4]),
            ),
          ];
          const known = (arn: string) => accounts.includes(arn.split(":")[4]);
          return !(
            roles?.values.length &&
            roles.values.every((arn) => known(arn) && !/[*?]/.test(arn)) &&
            principals.every(({ identifiers }) => identifiers.every(known))
          );
        })
        .map(({ sid }) => `${address}: ${sid || "(no sid)"} trusts more than named roles of our accounts`),
    ),
  controls: [
    {
      defect: "every role of the API account reads the CA's state",
      kind: "ca",
      make: (json) => {
        delete at(json, "aws_iam_policy_document", "state-reader/trust").statement[0].condition;
      },
    },
    {
      defect: "roles by pattern",
      kind: "ca",
      make: (json) => {
        at(json, "aws_iam_policy_document", "external/policy-document").statement[1].condition[0].values = [
          "arn:aws:iam::222222222222:role/*",
        ];
      },
    },
    {
      defect: "a stranger's account",
      kind: "ca",
      make: (json) => {
        at(
          json,
          "aws_iam_policy_document",
          "external/policy-document",
        ).statement[1].principals[0].identifiers.push("arn:aws:iam::999999999999:root");
      },
    },
  ],
};
