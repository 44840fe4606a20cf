/**
 * What a foundation would make and what is there already, made by somebody else. Nothing is taken over: a role that
 * waits under our name may have policies that nobody has reviewed.
 */
import type { FoundationReader } from "#aws/foundation-reader.ts";
import type { FoundationAccount } from "#config/foundation-accounts.ts";
import { boundaryArn, githubProviderArn, roleArn, roleNames } from "#contract/names.ts";
import type { PlannedChange } from "#deploy/planned-changes.ts";

export type AccountReader = Pick<
  FoundationReader,
  "hasRole" | "hasPolicy" | "hasOidcProvider" | "gatewayLogging"
>;

export interface Place {
  readonly at: FoundationAccount;
  readonly environment: string;
  /** There is a bucket for the foundation's state. */
  readonly hasState: boolean;
}

export async function conflictsOf(
  place: Place,
  changes: readonly PlannedChange[],
  reader: AccountReader,
): Promise<readonly string[]> {
  const { at, environment } = place;
  const { account, stack } = at;
  const made = changes.filter(({ actions }) => actions.join() === "create");
  const found = made.map(async ({ address, name }) => {
    const taken = (what: string, id: string) =>
      `${what} is there already and not in the state of ${stack}: look at what it may do; then remove it, or take it over: ${takeOver(place, address, id)}`;
    switch (address.split(".")[0]) {
      case "aws_iam_role":
        return (await reader.hasRole(name)) ? taken(`role ${name}`, name) : undefined;
      case "aws_iam_policy": {
        const arn = boundaryArn(account, environment);
        return (await reader.hasPolicy(arn)) ? taken(`policy ${name}`, arn) : undefined;
      }
      case "aws_iam_openid_connect_provider":
        return (await reader.hasOidcProvider(githubProviderArn(account)))
          ? `account ${account} knows GitHub already: say delivery.github.provider: "existing"`
          : undefined;
      case "aws_api_gateway_account": {
        const region = address.split("gateway-")[1] ?? at.region;
        const other = await reader.gatewayLogging(region);
        return other && other !== roleArn(account, roleNames.gatewayLogging(environment))
          ? `API Gateway of account ${account}, ${region}, logs with ${other} already: say logs.gatewayRole: "existing"`
          : undefined;
      }
      default:
        return undefined;
    }
  });
  return (await Promise.all(found)).filter((one) => one !== undefined);
}

/** Without a bucket Terraform has no place for the state; bootstrap protects what it finds there. */
function takeOver({ at, hasState }: Place, address: string, id: string): string {
  const [{ name, region }] = at.buckets;
  // The oldest region is the one that must not be named.
  const where = region === "us-east-1" ? "" : ` --create-bucket-configuration LocationConstraint=${region}`;
  const terraform = `terraform -chdir=terraform/stacks/${at.stack}`;
  return [
    ...(hasState ? [] : [`aws s3api create-bucket --bucket ${name} --region ${region}${where}`]),
    `${terraform} init`,
    `${terraform} import ${address} ${id}`,
  ].join(" && ");
}
