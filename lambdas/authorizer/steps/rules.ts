/**
 * Step 3: a rule of the policy admits this client to this route. The first rule that matches decides; none, no
 * access. All conditions of a rule must hold; a rule without conditions matches nobody.
 */
import { type Rule, type ValueRule, wholeValue } from "#contract/authorizer-policy.ts";
import { type Route, routeKey } from "#contract/routes.ts";
import type { Certificate } from "#pki/certificate.ts";
import { deny, type Outcome, pass } from "../decision.ts";
import type { Identified } from "./certificate.ts";

export function rules(all: readonly Rule[], route: Route, identified: Identified): Outcome<Rule> {
  const key = routeKey(route);
  const match = all.find((rule) => covers(rule, key) && admits(rule, identified));
  return match ? pass(match) : deny("no-rule");
}

const covers = (rule: Rule, key: string): boolean => rule.routes === "all" || rule.routes.includes(key);

function admits(rule: Rule, { certificate, client }: Identified): boolean {
  const held = [
    ...Object.entries(rule.subject ?? {}).map(([type, wanted]) =>
      satisfies(subject(certificate, type), wanted),
    ),
    ...Object.entries(rule.subjectAltNames ?? {}).map(([kind, wanted]) =>
      satisfies(altNames(certificate, kind), wanted),
    ),
    ...(rule.thumbprints ? [rule.thumbprints.includes(client.thumbprint)] : []),
    ...(rule.certificates
      ? [
          rule.certificates.some(
            (one) => one.generation === client.generation && one.serial === client.serial,
          ),
        ]
      : []),
  ];
  return held.length > 0 && held.every(Boolean);
}

/** Every value must satisfy, and there must be one: the holder of a second CN does not get the first one's rights. */
function satisfies(values: readonly string[], wanted: ValueRule): boolean {
  return values.length > 0 && values.every((value) => isWanted(value, wanted));
}

function isWanted(value: string, wanted: ValueRule): boolean {
  if ("equals" in wanted) return value === wanted.equals;
  if ("oneOf" in wanted) return wanted.oneOf.includes(value);
  return value.length <= 256 && wholeValue(wanted.pattern).test(value);
}

const subject = (certificate: Certificate, type: string): string[] =>
  certificate.subject.attributes.filter((one) => one.type === type).map((one) => one.value);

const altNames = (certificate: Certificate, kind: string): string[] =>
  (certificate.subjectAltNames ?? []).filter((one) => one.kind === kind).map((one) => one.value);
