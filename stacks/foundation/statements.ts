/** Policies of IAM as plain documents, written short: one source for the stack, its tests and its reviewers. */

export type Condition = Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;

export interface Statement {
  readonly Sid: string;
  readonly Effect: "Allow";
  readonly Action: readonly string[];
  readonly Resource: readonly string[];
  readonly Condition?: Condition;
}

export interface TrustStatement {
  readonly Sid: string;
  readonly Effect: "Allow";
  readonly Action: "sts:AssumeRole" | "sts:AssumeRoleWithWebIdentity";
  readonly Principal: Readonly<Partial<Record<"AWS" | "Service" | "Federated", readonly string[]>>>;
  readonly Condition?: Condition;
}

export const allow = (
  Sid: string,
  Action: readonly string[],
  Resource: readonly string[],
  Condition?: Condition,
): Statement => ({ Sid, Effect: "Allow", Action, Resource, ...(Condition ? { Condition } : {}) });

export const bucketArn = (bucket: string): string => `arn:aws:s3:::${bucket}`;

/**
 * Trust in named roles. Their accounts are the principals and they a condition: a role may be named before it is
 * made, and one that is made anew keeps its access.
 */
export function trustInRoles(arns: readonly string[]): TrustStatement {
  const accounts = [...new Set(arns.map((arn) => `${arn.split(":").slice(0, 5).join(":")}:root`))];
  return {
    ...{ Sid: "NamedRoles", Effect: "Allow", Action: "sts:AssumeRole", Principal: { AWS: accounts } },
    Condition: { ArnEquals: { "aws:PrincipalArn": [...new Set(arns)] } },
  };
}
