/**
 * A function of this house: Node 22 on arm64, a role of its own that may do what `statements` say and write its
 * log, a log group with retention, JSON logs. Its code is a bundle of the build, named as its folder in lambdas/.
 *
 * Environment and permissions are given in one place, so that neither is forgotten; the environment's type
 * comes from contract/, which the function reads too.
 */
import { CloudwatchLogGroup } from "@cdktf/provider-aws/lib/cloudwatch-log-group/index.js";
import {
  DataAwsIamPolicyDocument,
  type DataAwsIamPolicyDocumentStatement,
} from "@cdktf/provider-aws/lib/data-aws-iam-policy-document/index.js";
import { IamRole } from "@cdktf/provider-aws/lib/iam-role/index.js";
import { IamRolePolicy } from "@cdktf/provider-aws/lib/iam-role-policy/index.js";
import { LambdaAlias } from "@cdktf/provider-aws/lib/lambda-alias/index.js";
import { LambdaFunction } from "@cdktf/provider-aws/lib/lambda-function/index.js";
import { LambdaPermission } from "@cdktf/provider-aws/lib/lambda-permission/index.js";
import type { ITerraformDependable } from "cdktf";
import { Construct } from "constructs";
import type { EnvironmentOf, FunctionSlug } from "#contract/function-environment.ts";

export interface NodeFunctionProps<S extends FunctionSlug> {
  readonly slug: S;
  /** Function, role and log group carry this name. */
  readonly functionName: string;
  readonly description: string;
  readonly environment: EnvironmentOf<S>;
  readonly statements: DataAwsIamPolicyDocumentStatement[];
  readonly timeoutSeconds: number;
  readonly memoryMegabytes: number;
  readonly logRetentionDays: number;
  /** Left out: CloudWatch's own key. */
  readonly logKmsKeyArn?: string | undefined;
}

export class NodeFunction<S extends FunctionSlug = FunctionSlug> extends Construct {
  readonly function: LambdaFunction;
  readonly role: IamRole;
  /** What must exist before the function can work: its role's policy and its log group. */
  readonly ready: ITerraformDependable[];

  constructor(scope: Construct, id: string, props: NodeFunctionProps<S>) {
    super(scope, id);
    const log = new CloudwatchLogGroup(this, "log", {
      name: `/aws/lambda/${props.functionName}`,
      retentionInDays: props.logRetentionDays,
      ...(props.logKmsKeyArn ? { kmsKeyId: props.logKmsKeyArn } : {}),
    });
    this.role = new IamRole(this, "role", {
      name: props.functionName,
      description: `Execution role of ${props.functionName}`,
      assumeRolePolicy: this.#trust(),
    });
    const policy = new IamRolePolicy(this, "policy", {
      name: props.functionName,
      role: this.role.name,
      policy: this.#permissions(log, props.statements),
    });
    // The path is relative to the stack's folder; the hash is taken by Terraform when it plans, so that the
    // committed Terraform does not change with the code.
    const bundle = `\${path.module}/../../../build/lambdas/${props.slug}.zip`;
    this.function = new LambdaFunction(this, "function", {
      functionName: props.functionName,
      description: props.description,
      role: this.role.arn,
      runtime: "nodejs22.x",
      architectures: ["arm64"],
      handler: "index.handler",
      filename: bundle,
      sourceCodeHash: `\${filebase64sha256("${bundle}")}`,
      timeout: props.timeoutSeconds,
      memorySize: props.memoryMegabytes,
      ...(Object.keys(props.environment).length > 0 ? { environment: { variables: props.environment } } : {}),
      loggingConfig: { logFormat: "JSON", logGroup: log.name },
      dependsOn: [policy],
    });
    this.ready = [policy, log, this.function];
  }

  /** Lets one AWS service call the function, for one source. */
  allow(id: string, service: string, sourceArn: string): LambdaPermission {
    return new LambdaPermission(this, id, {
      functionName: this.function.functionName,
      action: "lambda:InvokeFunction",
      principal: service,
      sourceArn,
    });
  }

  /**
   * A name by which certain principals, and nobody else, may call the function: no permission on the function itself
   * comes with it. A principal must exist; one that is made anew must be deployed anew (AWS keeps its id).
   */
  alias(name: string, description: string, principals: readonly string[] = []): LambdaAlias {
    const alias = new LambdaAlias(this, `alias-${name}`, {
      name,
      description,
      functionName: this.function.functionName,
      functionVersion: "$LATEST",
    });
    principals.forEach((principal, index) => {
      new LambdaPermission(this, `alias-${name}-${index + 1}`, {
        functionName: this.function.functionName,
        qualifier: alias.name,
        action: "lambda:InvokeFunction",
        principal,
      });
    });
    this.ready.push(alias);
    return alias;
  }

  #trust(): string {
    return new DataAwsIamPolicyDocument(this, "trust", {
      statement: [
        {
          actions: ["sts:AssumeRole"],
          principals: [{ type: "Service", identifiers: ["lambda.amazonaws.com"] }],
        },
      ],
    }).json;
  }

  #permissions(log: CloudwatchLogGroup, statements: DataAwsIamPolicyDocumentStatement[]): string {
    return new DataAwsIamPolicyDocument(this, "permissions", {
      statement: [
        {
          sid: "OwnLog",
          actions: ["logs:CreateLogStream", "logs:PutLogEvents"],
          // The group's streams; their names are Lambda's.
          resources: [`${log.arn}:*`],
        },
        ...statements,
      ],
    }).json;
  }
}
