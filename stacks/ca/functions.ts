/**
 * The four functions of the CA, each with a role of its own: permission to invoke one is permission to act.
 * What each may do is written here, once; key policies and bucket policy repeat it from the other side.
 */
import { CloudwatchEventRule } from "@cdktf/provider-aws/lib/cloudwatch-event-rule/index.js";
import { CloudwatchEventTarget } from "@cdktf/provider-aws/lib/cloudwatch-event-target/index.js";
import type { DataAwsIamPolicyDocumentStatement } from "@cdktf/provider-aws/lib/data-aws-iam-policy-document/index.js";
import type { KmsKey } from "@cdktf/provider-aws/lib/kms-key/index.js";
import type { LambdaAlias } from "@cdktf/provider-aws/lib/lambda-alias/index.js";
import type { ITerraformDependable } from "cdktf";
import { Construct } from "constructs";
import type { Environment } from "#config/environment.ts";
import type { PublishRequest, ReconcileRequest } from "#contract/ca-requests.ts";
import { externalKeys } from "#contract/external-bucket.ts";
import type { EnvironmentOf } from "#contract/function-environment.ts";
import { type CaFunction, caAliases, caFunctionName } from "#contract/names.ts";
import { NodeFunction } from "#stacks/shared/node-function.ts";
import type { EventBus } from "./event-bus.ts";
import type { ExternalBucket } from "./external-bucket.ts";
import type { GenerationKeys } from "./generation-keys.ts";
import type { Ledger } from "./ledger.ts";

export interface CaFunctionsProps {
  readonly environment: Environment;
  readonly ledger: Ledger;
  readonly bucket: ExternalBucket;
  readonly keys: readonly GenerationKeys[];
  readonly bus: EventBus;
}

/** Half a year of the CA's logs at least: they say who asked for which certificate. */
const logRetentionDays = 180;

export class CaFunctions extends Construct {
  readonly publish: NodeFunction<"ca-publish">;
  readonly reconcile: NodeFunction<"ca-reconcile">;
  readonly issue: NodeFunction<"ca-issue">;
  readonly revoke: NodeFunction<"ca-revoke">;

  readonly #props: CaFunctionsProps;

  constructor(scope: Construct, id: string, props: CaFunctionsProps) {
    super(scope, id);
    this.#props = props;
    const rootKeys = props.keys.map((one) => one.root);
    const issuingKeys = props.keys.map((one) => one.issuing);
    const LEDGER_TABLE = props.ledger.table.name;
    const EXTERNAL_BUCKET = props.bucket.bucket.bucket;
    const EVENT_BUS = props.bus.bus.name;

    this.publish = this.#function("ca-publish", {
      description: "Publishes the CRL of every issuing CA",
      environment: { LEDGER_TABLE, EXTERNAL_BUCKET, EVENT_BUS },
      statements: [
        this.#ledger(["GetItem", "Query", "UpdateItem"]),
        this.#objects("Crls", ["s3:GetObject", "s3:PutObject"], [externalKeys.issuingCrl("*")]),
        sign("SignCrls", issuingKeys),
      ],
    });
    const PUBLISH_FUNCTION = this.publish.function.functionName;
    this.issue = this.#function("ca-issue", {
      description: "Issues a client certificate for a certification request",
      environment: { LEDGER_TABLE, EXTERNAL_BUCKET, EVENT_BUS },
      statements: [
        this.#ledger(["GetItem", "PutItem", "UpdateItem"]),
        this.#objects("Leaves", ["s3:GetObject", "s3:PutObject"], [externalKeys.leafCertificate("*", "*")]),
        sign("SignLeaves", issuingKeys),
      ],
    });
    this.revoke = this.#function("ca-revoke", {
      description: "Revokes a certificate and has the CRL published at once",
      environment: { LEDGER_TABLE, PUBLISH_FUNCTION, EVENT_BUS },
      statements: [this.#ledger(["GetItem", "PutItem", "UpdateItem"]), this.#invokePublish()],
    });
    const own = this.#aliases();
    this.reconcile = this.#function("ca-reconcile", {
      description: "Brings the CA to its configured state: hierarchy, root CRLs, truststore",
      environment: {
        ...{ LEDGER_TABLE, EXTERNAL_BUCKET, PUBLISH_FUNCTION, EVENT_BUS },
        ISSUE_FUNCTION: this.issue.function.functionName,
        REVOKE_FUNCTION: this.revoke.function.functionName,
      },
      statements: [
        this.#ledger(["GetItem", "Query", "PutItem", "UpdateItem", "DeleteItem"]),
        this.#objects(
          "TrustAnchors",
          ["s3:GetObject", "s3:PutObject"],
          [
            externalKeys.truststore,
            externalKeys.rootCrl("*"),
            externalKeys.caCertificate("*", "root"),
            externalKeys.caCertificate("*", "issuing"),
            externalKeys.caCertificateDer("*", "root"),
            externalKeys.caCertificateDer("*", "issuing"),
          ],
        ),
        this.#objects("DesiredState", ["s3:GetObject"], [externalKeys.desiredState]),
        sign("SignHierarchy", rootKeys),
        {
          sid: "ReadPublicKeys",
          actions: ["kms:GetPublicKey"],
          resources: [...rootKeys, ...issuingKeys].map((key) => key.arn),
        },
        this.#invokePublish(),
        {
          sid: "AsReconcile",
          actions: ["lambda:InvokeFunction"],
          resources: own.map((alias) => alias.arn),
        },
      ],
    });
    this.reconcile.alias(caAliases.operator, "Operators", this.#operators());
    this.#schedules();
  }

  /**
   * One alias for each who may ask: permission to invoke is given on it alone, and the function tells by it who asks.
   * Returns those of ca-reconcile, which invokes by its role's own policy.
   */
  #aliases(): LambdaAlias[] {
    const { callers } = this.#props.environment.ca;
    const operators = this.#operators();
    for (const target of [this.publish, this.issue, this.revoke])
      target.alias(caAliases.operator, "Operators", operators);
    for (const { name, principal, mayRevoke } of callers)
      for (const target of mayRevoke ? [this.issue, this.revoke] : [this.issue])
        target.alias(name, `${name}, and nobody else`, [principal]);
    return [this.issue, this.revoke].map((target) =>
      target.alias(caAliases.reconcile, "ca-reconcile, for what the configuration lists"),
    );
  }

  #operators(): string[] {
    return [...new Set(this.#props.environment.operators)];
  }

  get all(): readonly NodeFunction<CaFunction>[] {
    return [this.publish, this.reconcile, this.issue, this.revoke];
  }

  /** What must exist before the functions can be relied upon. */
  get ready(): ITerraformDependable[] {
    return this.all.flatMap((one) => one.ready);
  }

  #schedules(): void {
    const { publishEveryMinutes: minutes } = this.#props.environment.ca.crl;
    this.#schedule(
      "ca-publish",
      this.publish,
      minutes === 1 ? "rate(1 minute)" : `rate(${minutes} minutes)`,
      {
        action: "publish",
      } satisfies PublishRequest,
    );
    // The root's CRL lives for months; looking every day renews it long before its end.
    this.#schedule("ca-reconcile", this.reconcile, "rate(1 day)", {
      action: "renew",
    } satisfies ReconcileRequest);
  }

  #schedule(slug: CaFunction, target: NodeFunction, rate: string, input: unknown): void {
    const rule = new CloudwatchEventRule(this, `${slug}-schedule`, {
      name: caFunctionName(this.#props.environment.name, slug),
      description: `Runs ${slug}: ${rate}`,
      scheduleExpression: rate,
    });
    const permission = target.allow("schedule", "events.amazonaws.com", rule.arn);
    new CloudwatchEventTarget(this, `${slug}-target`, {
      rule: rule.name,
      arn: target.function.arn,
      input: JSON.stringify(input),
      dependsOn: [permission],
    });
  }

  #function<S extends CaFunction>(
    slug: S,
    own: {
      readonly description: string;
      readonly environment: EnvironmentOf<S>;
      readonly statements: DataAwsIamPolicyDocumentStatement[];
    },
  ): NodeFunction<S> {
    return new NodeFunction(this, slug, {
      slug,
      functionName: caFunctionName(this.#props.environment.name, slug),
      // KMS and IAM changes take seconds to reach everywhere: a first Sign is retried for 90 s.
      // ca-reconcile has hundreds of clients to wait for.
      timeoutSeconds: slug === "ca-reconcile" ? 600 : 120,
      memoryMegabytes: 512,
      logRetentionDays,
      ...own,
      statements: [...own.statements, this.#props.bus.putEvents()],
    });
  }

  #ledger(actions: readonly string[]): DataAwsIamPolicyDocumentStatement {
    return {
      sid: "Ledger",
      actions: actions.map((action) => `dynamodb:${action}`),
      resources: [this.#props.ledger.table.arn],
    };
  }

  #objects(sid: string, actions: string[], keys: readonly string[]): DataAwsIamPolicyDocumentStatement {
    return { sid, actions, resources: keys.map((key) => `${this.#props.bucket.bucket.arn}/${key}`) };
  }

  #invokePublish(): DataAwsIamPolicyDocumentStatement {
    return {
      sid: "PublishAtOnce",
      actions: ["lambda:InvokeFunction"],
      resources: [this.publish.function.arn],
    };
  }
}

function sign(sid: string, keys: readonly KmsKey[]): DataAwsIamPolicyDocumentStatement {
  return { sid, actions: ["kms:Sign"], resources: keys.map((key) => key.arn) };
}
