/**
 * The hierarchy, brought about by the deployment itself: ca-reconcile is invoked with the configured state, and
 * again whenever that state changes (the plan shows the change). Running it twice changes nothing.
 */
import { DataAwsS3Object } from "@cdktf/provider-aws/lib/data-aws-s3-object/index.js";
import { LambdaInvocation } from "@cdktf/provider-aws/lib/lambda-invocation/index.js";
import { Fn, Op, TerraformSelf } from "cdktf";
import { Construct } from "constructs";
import type { Environment } from "#config/environment.ts";
import type { CaConfiguration, ReconcileRequest } from "#contract/ca-requests.ts";
import { externalKeys } from "#contract/external-bucket.ts";
import { jsonDocument } from "#stacks/shared/json-document.ts";
import type { DesiredState } from "./desired-state.ts";
import type { ExternalBucket } from "./external-bucket.ts";
import type { CaFunctions } from "./functions.ts";
import type { GenerationKeys } from "./generation-keys.ts";

export interface HierarchyProps {
  readonly environment: Environment;
  readonly functions: CaFunctions;
  readonly bucket: ExternalBucket;
  readonly keys: readonly GenerationKeys[];
  readonly desired: DesiredState;
}

export class Hierarchy extends Construct {
  readonly #invocation: LambdaInvocation;

  constructor(scope: Construct, id: string, props: HierarchyProps) {
    super(scope, id);
    const request = { action: "apply", configuration: configuration(props) } satisfies ReconcileRequest;
    this.#invocation = new LambdaInvocation(this, "reconcile", {
      functionName: props.functions.reconcile.function.functionName,
      // A failed update would not be retried; a failed creation is.
      lifecycleScope: "CREATE_ONLY",
      input: jsonDocument(request),
      dependsOn: [...props.functions.ready, ...props.bucket.ready, props.desired.object],
      // A run that is refused leaves the last good answer, and with it the outputs that APIs read.
      lifecycle: { createBeforeDestroy: true },
    });
    this.#assertLatest(props.bucket);
  }

  /** A field of ca-reconcile's answer (`ReconcileResult`), as a Terraform expression. */
  result(...path: string[]): string {
    return Fn.lookupNested(Fn.jsondecode(this.#invocation.result), path) as unknown as string;
  }

  /** The bucket's latest truststore must be the one that was published: anything else is somebody's doing. */
  #assertLatest(bucket: ExternalBucket): void {
    new DataAwsS3Object(this, "published-truststore", {
      bucket: bucket.bucket.id,
      key: externalKeys.truststore,
      dependsOn: [this.#invocation],
      lifecycle: {
        postcondition: [
          {
            condition: Op.eq(TerraformSelf.getAny("version_id"), this.result("truststore", "version")),
            errorMessage:
              "The bucket's latest truststore.pem is not the version that ca-reconcile published: find out who wrote it, then run ca-reconcile again.",
          },
        ],
      },
    });
  }
}

function configuration({ environment, keys, desired }: HierarchyProps): CaConfiguration {
  const { ca } = environment;
  return {
    environment: environment.name,
    organization: ca.organization,
    generations: keys.map(({ generation, root, issuing }) => ({
      id: generation.id,
      status: generation.status,
      rootKeyArn: root.arn,
      issuingKeyArn: issuing.arn,
      ...(generation.retireWithValidCertificates ? { retireWithValidCertificates: true } : {}),
      ...(generation.publicUrl === undefined ? {} : { publicUrl: generation.publicUrl }),
    })),
    profiles: ca.profiles as CaConfiguration["profiles"],
    callers: ca.callers.map(({ name, profiles, names, mayRevoke }) => ({ name, profiles, names, mayRevoke })),
    desiredState: { sha256: desired.sha256 },
    crl: {
      lifetimeHours: ca.crl.lifetimeHours,
      publishEveryMinutes: ca.crl.publishEveryMinutes,
      rootLifetimeDays: ca.crl.rootLifetimeDays,
    },
  };
}
