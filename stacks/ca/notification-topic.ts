/**
 * One topic for whoever must know: events, alarms, and the rules that watch keys and code. Subscribed by e-mail (each
 * address confirms once), or by whatever else an operator adds.
 *
 * The topic has a key of its own: neither EventBridge nor CloudWatch can send through AWS's key for SNS, whose policy
 * cannot be changed. The key protects what waits for delivery; it signs nothing and opens nothing else.
 */
import type { CloudwatchEventRule } from "@cdktf/provider-aws/lib/cloudwatch-event-rule/index.js";
import {
  DataAwsIamPolicyDocument,
  type DataAwsIamPolicyDocumentStatement,
} from "@cdktf/provider-aws/lib/data-aws-iam-policy-document/index.js";
import { KmsKey } from "@cdktf/provider-aws/lib/kms-key/index.js";
import { SnsTopic } from "@cdktf/provider-aws/lib/sns-topic/index.js";
import { SnsTopicPolicy } from "@cdktf/provider-aws/lib/sns-topic-policy/index.js";
import { SnsTopicSubscription } from "@cdktf/provider-aws/lib/sns-topic-subscription/index.js";
import { Construct } from "constructs";
import type { Environment } from "#config/environment.ts";
import { caTopicName } from "#contract/names.ts";
import { keyAdministration } from "#stacks/shared/key-administration.ts";

export interface NotificationTopicProps {
  readonly environment: Environment;
  /** The rules that send to it. */
  readonly rules: (topic: SnsTopic) => readonly CloudwatchEventRule[];
}

export class NotificationTopic extends Construct {
  readonly topic: SnsTopic;
  /** Until it is there nobody can send. */
  readonly policy: SnsTopicPolicy;

  constructor(scope: Construct, id: string, { environment, rules }: NotificationTopicProps) {
    super(scope, id);
    this.topic = new SnsTopic(this, "topic", {
      name: caTopicName(environment.name),
      kmsMasterKeyId: this.#key(environment).keyId,
    });
    this.policy = new SnsTopicPolicy(this, "policy", {
      arn: this.topic.arn,
      policy: new DataAwsIamPolicyDocument(this, "policy-document", {
        statement: senders(environment, this.topic, rules(this.topic)),
      }).json,
    });
    environment.ca.notifications.emails.forEach((endpoint, index) => {
      new SnsTopicSubscription(this, `email-${index + 1}`, {
        topicArn: this.topic.arn,
        protocol: "email",
        endpoint,
      });
    });
  }

  #key({ ca, name, tier }: Environment): KmsKey {
    // In a key policy "*" means this key.
    const use = { actions: ["kms:Decrypt", "kms:GenerateDataKey*"], resources: ["*"] };
    return new KmsKey(this, "key", {
      description: `${name} CA, notifications`,
      enableKeyRotation: true,
      deletionWindowInDays: tier === "sandbox" ? 7 : 30,
      policy: new DataAwsIamPolicyDocument(this, "key-policy", {
        statement: [
          {
            sid: "Administration",
            actions: [...keyAdministration, "kms:EnableKeyRotation", "kms:DisableKeyRotation"].sort(),
            principals: [{ type: "AWS", identifiers: [`arn:aws:iam::${ca.account}:root`] }],
            resources: ["*"],
          },
          {
            // EventBridge names no source to KMS: a condition on it would drop every event.
            ...{ sid: "RulesSend", ...use },
            principals: [{ type: "Service", identifiers: ["events.amazonaws.com"] }],
          },
          {
            ...{ sid: "AlarmsSend", ...use },
            principals: [{ type: "Service", identifiers: ["cloudwatch.amazonaws.com"] }],
            condition: [{ test: "StringEquals", variable: "aws:SourceAccount", values: [ca.account] }],
          },
        ],
      }).json,
    });
  }
}

function senders(
  { ca, name }: Environment,
  topic: SnsTopic,
  rules: readonly CloudwatchEventRule[],
): DataAwsIamPolicyDocumentStatement[] {
  const from = (sid: string, service: string, test: string, sources: string[]) => ({
    ...{ sid, actions: ["sns:Publish"], resources: [topic.arn] },
    principals: [{ type: "Service", identifiers: [service] }],
    condition: [{ test, variable: "aws:SourceArn", values: sources }],
  });
  const alarms = `arn:aws:cloudwatch:${ca.region}:${ca.account}:alarm:${name}-ca-*`;
  return [
    from("Alarms", "cloudwatch.amazonaws.com", "ArnLike", [alarms]),
    ...(rules.length > 0
      ? [
          from(
            "Rules",
            "events.amazonaws.com",
            "ArnEquals",
            rules.map((rule) => rule.arn),
          ),
        ]
      : []),
  ];
}
