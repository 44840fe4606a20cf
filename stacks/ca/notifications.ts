/** What the CA tells, what goes wrong, and who meddles with it: all to one topic. */
import { CloudwatchEventRule } from "@cdktf/provider-aws/lib/cloudwatch-event-rule/index.js";
import { CloudwatchEventTarget } from "@cdktf/provider-aws/lib/cloudwatch-event-target/index.js";
import { Construct } from "constructs";
import type { KmsEnvironment } from "#config/environment.ts";
import { caEventSource } from "#contract/ca-events.ts";
import { caTopicName } from "#contract/names.ts";
import { EncryptedTopic } from "#stacks/shared/encrypted-topic.ts";
import { Alarms } from "./alarms.ts";
import { caTopic } from "./ca-topic.ts";
import type { EventBus } from "./event-bus.ts";
import type { CaFunctions } from "./functions.ts";
import type { GenerationKeys } from "./generation-keys.ts";
import { Tampering } from "./tampering.ts";

export interface NotificationsProps {
  readonly environment: KmsEnvironment;
  readonly bus: EventBus;
  readonly keys: readonly GenerationKeys[];
  readonly functions: CaFunctions;
}

export class Notifications extends Construct {
  constructor(scope: Construct, id: string, props: NotificationsProps) {
    super(scope, id);
    const { environment, bus } = props;
    const events = new CloudwatchEventRule(this, "events", {
      name: caTopicName(environment.name),
      description: "What the CA tells, to the topic",
      eventBusName: bus.bus.name,
      eventPattern: JSON.stringify({ source: [caEventSource] }),
    });
    const { topic, policy } = new EncryptedTopic(this, "topic", {
      ...caTopic(environment),
      rules: (to) => [events, ...new Tampering(this, "tampering", { ...props, topic: to }).rules],
    });
    new CloudwatchEventTarget(this, "events-target", {
      rule: events.name,
      eventBusName: bus.bus.name,
      arn: topic.arn,
      dependsOn: [policy],
    });
    new Alarms(this, "alarms", { ...props, topic });
  }
}
