/**
 * Rules over what CloudTrail reports of this account: a key of the CA used by somebody else, a change of who may use
 * it, a change of the functions' code. They tell, they prevent nothing; a deployment of ours that changes keys or code
 * tells too, and whoever deploys knows why.
 *
 * They see nothing without a trail of the account that logs management events, read-only ones and those of KMS among
 * them (the organisation's, as a rule). Sign is a read-only event: a rule gets those only in the state that says so.
 */
import { CloudwatchEventRule } from "@cdktf/provider-aws/lib/cloudwatch-event-rule/index.js";
import { CloudwatchEventTarget } from "@cdktf/provider-aws/lib/cloudwatch-event-target/index.js";
import type { SnsTopic } from "@cdktf/provider-aws/lib/sns-topic/index.js";
import { Construct } from "constructs";
import type { Environment } from "#config/environment.ts";
import { type CaFunction, caFunctionName, roleArn } from "#contract/names.ts";
import { jsonDocument } from "#stacks/shared/json-document.ts";
import type { CaFunctions } from "./functions.ts";
import type { GenerationKeys } from "./generation-keys.ts";

export interface TamperingProps {
  readonly environment: Environment;
  readonly keys: readonly GenerationKeys[];
  readonly functions: CaFunctions;
  readonly topic: SnsTopic;
}

interface Watch {
  readonly id: string;
  readonly description: string;
  readonly service: "kms" | "lambda";
  readonly detail: Readonly<Record<string, unknown>>;
}

export class Tampering extends Construct {
  readonly rules: readonly CloudwatchEventRule[];

  constructor(scope: Construct, id: string, props: TamperingProps) {
    super(scope, id);
    this.rules = watches(props).map((one) => this.#rule(one, props));
  }

  #rule({ id, description, service, detail }: Watch, { environment, topic }: TamperingProps) {
    const rule = new CloudwatchEventRule(this, id, {
      name: `${environment.name}-ca-${id}`,
      description,
      state: "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS",
      eventPattern: jsonDocument({
        source: [`aws.${service}`],
        "detail-type": ["AWS API Call via CloudTrail"],
        detail: { eventSource: [`${service}.amazonaws.com`], ...detail },
      }),
    });
    new CloudwatchEventTarget(this, `${id}-target`, { rule: rule.name, arn: topic.arn });
    return rule;
  }
}

function watches({ environment, keys, functions }: TamperingProps): Watch[] {
  const { name, ca } = environment;
  const roles = (...slugs: readonly CaFunction[]) =>
    slugs.map((slug) => roleArn(ca.account, caFunctionName(name, slug)));
  const rootKeys = keys.map((one) => one.root.arn);
  const issuingKeys = keys.map((one) => one.issuing.arn);
  const ids = keys.flatMap(({ root, issuing }) => [root.keyId, root.arn, issuing.keyId, issuing.arn]);
  const usedBy = (arns: readonly string[], allowed: readonly string[]) => ({
    eventName: ["Sign"],
    resources: { ARN: arns },
    // Users and the account's root have no session issuer.
    userIdentity: {
      sessionContext: { sessionIssuer: { arn: [{ "anything-but": allowed }, { exists: false }] } },
    },
  });
  return [
    {
      id: "root-key-used",
      description: "A root key of the CA signed for somebody else than ca-reconcile, or was asked to",
      service: "kms",
      detail: usedBy(rootKeys, roles("ca-reconcile")),
    },
    {
      id: "issuing-key-used",
      description:
        "An issuing key of the CA signed for somebody else than ca-issue and ca-publish, or was asked to",
      service: "kms",
      detail: usedBy(issuingKeys, roles("ca-issue", "ca-publish")),
    },
    {
      // What was denied names its key in the message only: this account holds the CA's keys and no others that sign.
      id: "key-denied",
      description: "Somebody asked to sign with a key, or to change who may, and was denied",
      service: "kms",
      detail: {
        eventName: ["Sign", "PutKeyPolicy", "CreateGrant", "ScheduleKeyDeletion", "DisableKey"],
        errorCode: [{ prefix: "AccessDenied" }],
      },
    },
    {
      id: "key-changed",
      description: "Who may use a key of the CA, or whether it can be used, was changed",
      service: "kms",
      detail: {
        eventName: ["PutKeyPolicy", "CreateGrant", "ScheduleKeyDeletion", "DisableKey"],
        requestParameters: { keyId: ids },
      },
    },
    {
      id: "code-changed",
      description: "Code, configuration or permissions of a function of the CA were changed",
      service: "lambda",
      detail: {
        // CloudTrail adds the API's version to Lambda's names: UpdateFunctionCode20150331v2.
        eventName: [
          "UpdateFunctionCode",
          "UpdateFunctionConfiguration",
          "UpdateAlias",
          "AddPermission",
          "DeleteFunction",
        ].map((prefix) => ({ prefix })),
        requestParameters: {
          functionName: functions.all.flatMap(({ function: one }) => [one.functionName, one.arn]),
        },
      },
    },
  ];
}
