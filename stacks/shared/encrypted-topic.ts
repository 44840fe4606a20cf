/**
 * A topic for whoever must know, encrypted with a key of its own: neither EventBridge nor CloudWatch can send through
 * AWS's key for SNS, whose policy cannot be changed. Subscribed by e-mail (each address confirms once), or by whatever
 * else an operator adds.
 *
 * The key protects what waits for delivery; it signs nothing and opens nothing else.
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
import { keyAdministration } from "./key-administration.ts";

export interface EncryptedTopicProps {
  readonly name: string;
  /** What the key is for, as its description. */
  readonly purpose: string;
  readonly tier: Environment["tier"];
  readonly account: string;
  readonly region: string;
  readonly emails: readonly string[];
  /** Alarms of this account and region whose names are so may send; `*` stands for any end. */
  readonly alarms: string;
  /** The rules that may send; left out: none. */
  readonly rules?: (topic: SnsTopic) => readonly CloudwatchEventRule[];
}

export class EncryptedTopic extends Construct {
  readonly topic: SnsTopic;
  /** Until it is there nobody can send. */
  readonly policy: SnsTopicPolicy;

  constructor(scope: Construct, id: string, props: EncryptedTopicProps) {
    super(scope, id);
    this.topic = new SnsTopic(this, "topic", { name: props.name, kmsMasterKeyId: this.#key(props).keyId });
    this.policy = new SnsTopicPolicy(this, "policy", {
      arn: this.topic.arn,
      policy: new DataAwsIamPolicyDocument(this, "policy-document", {
        statement: senders(props, this.topic),
      }).json,
    });
    props.emails.forEach((endpoint, index) => {
      new SnsTopicSubscription(this, `email-${index + 1}`, {
        topicArn: this.topic.arn,
        protocol: "email",
        endpoint,
      });
    });
  }

  #key(props: EncryptedTopicProps): KmsKey {
    const { account, purpose, tier, rules } = props;
    // In a key policy "*" means this key.
    const use = { actions: ["kms:Decrypt", "kms:GenerateDataKey*"], resources: ["*"] };
    const by = (service: string) => ({ principals: [{ type: "Service", identifiers: [service] }] });
    return new KmsKey(this, "key", {
      description: purpose,
      enableKeyRotation: true,
      deletionWindowInDays: tier === "sandbox" ? 7 : 30,
      policy: new DataAwsIamPolicyDocument(this, "key-policy", {
        statement: [
          {
            sid: "Administration",
            actions: [...keyAdministration, "kms:EnableKeyRotation", "kms:DisableKeyRotation"].sort(),
            principals: [{ type: "AWS", identifiers: [`arn:aws:iam::${account}:root`] }],
            resources: ["*"],
          },
          // EventBridge names no source to KMS: a condition on it would drop every event.
          ...(rules ? [{ sid: "RulesSend", ...use, ...by("events.amazonaws.com") }] : []),
          {
            ...{ sid: "AlarmsSend", ...use, ...by("cloudwatch.amazonaws.com") },
            condition: [
              { test: "StringEquals", variable: "aws:SourceAccount", values: [account] },
              { test: "ArnLike", variable: "aws:SourceArn", values: [alarmArns(props)] },
            ],
          },
        ],
      }).json,
    });
  }
}

const alarmArns = ({ region, account, alarms }: EncryptedTopicProps): string =>
  `arn:aws:cloudwatch:${region}:${account}:alarm:${alarms}`;

function senders(props: EncryptedTopicProps, topic: SnsTopic): DataAwsIamPolicyDocumentStatement[] {
  const from = (sid: string, service: string, test: string, sources: string[]) => ({
    ...{ sid, actions: ["sns:Publish"], resources: [topic.arn] },
    principals: [{ type: "Service", identifiers: [service] }],
    condition: [{ test, variable: "aws:SourceArn", values: sources }],
  });
  const rules = props.rules?.(topic).map((rule) => rule.arn);
  return [
    from("Alarms", "cloudwatch.amazonaws.com", "ArnLike", [alarmArns(props)]),
    ...(rules ? [from("Rules", "events.amazonaws.com", "ArnEquals", rules)] : []),
  ];
}
