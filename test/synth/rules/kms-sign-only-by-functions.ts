/**
 * Who signs: the root key ca-reconcile, the issuing key ca-issue and ca-publish, the active key of backend tokens the
 * API's authorizer, digests only; said by the key policy (which an IAM administrator cannot widen by a role) and granted to exactly these roles.
 */
import {
  at,
  dataSources,
  type Json,
  referenced,
  resources,
  type Statement,
  type Synthesized,
  statements,
} from "../synthesized.ts";
import type { Rule } from "./rule.ts";

const signers = { root: ["ca-reconcile"], issuing: ["ca-issue", "ca-publish"] } as const;
type CaKey = keyof typeof signers;

export const kmsSignOnlyByFunctions: Rule = {
  name: "KMS keys sign for their functions only",
  check: (stack) => [...keyPolicies(stack), ...identityPolicies(stack)],
  controls: [
    {
      defect: "the account may sign",
      kind: "ca",
      make: (json) => {
        policyOf(json, "root", "Administration").actions.push("kms:Sign");
      },
    },
    {
      defect: "the account may grant",
      kind: "ca",
      make: (json) => {
        policyOf(json, "issuing", "Administration").actions.push("kms:CreateGrant");
      },
    },
    {
      defect: "ca-issue may sign with the root",
      kind: "ca",
      make: (json) => {
        policyOf(json, "root", "SignDigests").condition[0].values.push(
          "arn:aws:iam::111111111111:role/local-ca-issue",
        );
      },
    },
    {
      defect: "whole messages may be signed",
      kind: "ca",
      make: (json) => {
        policyOf(json, "root", "SignDigests").condition.pop();
      },
    },
    {
      defect: "no denial for the others",
      kind: "ca",
      make: (json) => {
        policyOf(json, "root", "NobodyElseSigns").effect = "Allow";
      },
    },
    {
      defect: "a key without a policy of its own",
      kind: "ca",
      make: (json) => {
        delete at(json, "aws_kms_key", "g1/root").policy;
      },
    },
    {
      defect: "somebody beside the authorizer signs backend tokens",
      kind: "api",
      make: (json) => {
        at(json, "aws_iam_policy_document", "backend-keys/k1-policy").statement[1].condition[0].values.push(
          "arn:aws:iam::222222222222:role/local-api-time",
        );
      },
    },
    {
      defect: "a function of the API is granted Sign",
      kind: "api",
      make: (json) => {
        at(json, "aws_iam_policy_document", "functions/api-response/permissions").statement.push({
          sid: "Extra",
          actions: ["kms:Sign"],
          resources: [`\${aws_kms_key.backend-keys_k1_61BF8597.arn}`],
        });
      },
    },
    {
      defect: "the authorizer may sign with any key",
      kind: "api",
      make: (json) => {
        const document = at(json, "aws_iam_policy_document", "authorizer/function/permissions");
        document.statement.find(({ sid }: Json) => sid === "BackendTokens").resources = ["*"];
      },
    },
    {
      defect: "ca-revoke is granted Sign",
      kind: "ca",
      make: (json) => {
        at(json, "aws_iam_policy_document", "functions/ca-revoke/permissions").statement.push({
          sid: "Extra",
          actions: ["kms:Sign"],
          resources: [`\${aws_kms_key.g1_root_A80E3394.arn}`],
        });
      },
    },
  ],
};

function keyPolicies(stack: Synthesized): string[] {
  const { json } = stack;
  // A key of another kind cannot sign.
  const signingKeys = resources(json, "aws_kms_key").filter(
    ({ attributes }) => attributes.key_usage === "SIGN_VERIFY",
  );
  return signingKeys.flatMap(({ address, attributes }) => {
    const roles = rolesOf(stack, String(attributes.description));
    if (!attributes.policy) return [`${address}: no policy: AWS's default lets every administrator sign`];
    const all = statements(referenced(json, attributes.policy).attributes);
    const signing = all.filter(({ effect, actions }) => effect === "Allow" && actions.some(canSign));
    const denials = all.filter(({ effect }) => effect === "Deny");
    return [
      ...(signing.length === 1 && signing[0] && isDigestsFor(signing[0], roles)
        ? []
        : [`${address}: Sign is not allowed to exactly ${roles.join(", ")}, for digests`]),
      ...(denials.length === 1 && denials[0] && isDenialButFor(denials[0], roles)
        ? []
        : [`${address}: Sign and CreateGrant are not denied to everybody else`]),
    ];
  });
}

function rolesOf({ kind, name, environment }: Synthesized, description: string): string[] {
  if (kind === "api") {
    const api = environment.apis.find((one) => `${environment.name}-${one.name}` === name);
    const authorizers = ["authorizer", ...(api?.privateEdge ? ["private-authorizer"] : [])];
    return authorizers.map((slug) => `arn:aws:iam::${api?.account}:role/${name}-${slug}`);
  }
  const which: CaKey = description.endsWith("root key") ? "root" : "issuing";
  return signers[which].map(
    (slug) => `arn:aws:iam::${environment.ca.account}:role/${environment.name}-${slug}`,
  );
}

/** Sign, and what could give it away. PutKeyPolicy can too: whoever has it is the CA. */
const canSign = (action: string) => /^(kms:)?(\*|Sign|CreateGrant|Create\*|S\*|Sign\*)$/.test(action);

function isDigestsFor({ actions, condition }: Statement, roles: readonly string[]): boolean {
  return (
    JSON.stringify(actions) === '["kms:Sign"]' &&
    holds(condition, "ArnEquals", "aws:PrincipalArn", roles) &&
    holds(condition, "StringEquals", "kms:MessageType", ["DIGEST"])
  );
}

function isDenialButFor({ actions, principals, condition }: Statement, roles: readonly string[]): boolean {
  return (
    actions.includes("kms:Sign") &&
    actions.includes("kms:CreateGrant") &&
    principals.some(({ identifiers }) => identifiers.includes("*")) &&
    condition.length === 1 &&
    holds(condition, "ArnNotEquals", "aws:PrincipalArn", roles)
  );
}

function holds(
  condition: Statement["condition"],
  test: string,
  variable: string,
  values: readonly string[],
): boolean {
  return condition.some(
    (one) =>
      one.test === test && one.variable === variable && JSON.stringify(one.values) === JSON.stringify(values),
  );
}

function identityPolicies({ json, name, kind }: Synthesized): string[] {
  return dataSources(json, "aws_iam_policy_document").flatMap(({ address, attributes }) => {
    const path: string = attributes["//"].metadata.path;
    if (!path.endsWith("/permissions")) return [];
    const slug = path.slice(name.length + 1).replace(/^functions\/|\/permissions$/g, "");
    return statements(attributes)
      .filter(({ actions }) => actions.some(canSign))
      .flatMap(({ resources: keys }) => keys)
      .filter((key) => {
        if (kind === "api") return !authorizers.includes(slug) || !isActiveBackendKey(key);
        const which: CaKey = /_root_/.test(key) ? "root" : "issuing";
        return !(signers[which] as readonly string[]).includes(slug);
      })
      .map((key) => `${address}: ${slug} may sign with ${key}`);
  });
}

const authorizers = ["authorizer/function", "private-edge/api/function"];

const isActiveBackendKey = (key: string) => /^\$\{aws_kms_key\.backend-keys_k\d+_[0-9A-F]+\.arn\}$/.test(key);

function policyOf(json: Json, which: string, sid: string): Json {
  const document = at(json, "aws_iam_policy_document", `g1/${which}-policy`);
  return document.statement.find((one: Json) => one.sid === sid);
}
