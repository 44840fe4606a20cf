/** The bus to which the CA's functions send what others should know; nobody else may. */
import { CloudwatchEventBus } from "@cdktf/provider-aws/lib/cloudwatch-event-bus/index.js";
import type { DataAwsIamPolicyDocumentStatement } from "@cdktf/provider-aws/lib/data-aws-iam-policy-document/index.js";
import { Construct } from "constructs";
import type { Environment } from "#config/environment.ts";
import { caEventBusName } from "#contract/names.ts";

export class EventBus extends Construct {
  readonly bus: CloudwatchEventBus;

  constructor(scope: Construct, id: string, { environment }: { readonly environment: Environment }) {
    super(scope, id);
    this.bus = new CloudwatchEventBus(this, "bus", { name: caEventBusName(environment.name) });
  }

  /** What a role needs to send to it. */
  putEvents(): DataAwsIamPolicyDocumentStatement {
    return { sid: "Notify", actions: ["events:PutEvents"], resources: [this.bus.arn] };
  }
}
