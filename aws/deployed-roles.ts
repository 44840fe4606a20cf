/** What IAM holds of a role, a policy, a provider of identities. It changes nothing; what is not there is `undefined`. */
import {
  GetOpenIDConnectProviderCommand,
  GetPolicyCommand,
  GetPolicyVersionCommand,
  GetRoleCommand,
  GetRolePolicyCommand,
  IAMClient,
  paginateListAttachedRolePolicies,
  paginateListRolePolicies,
} from "@aws-sdk/client-iam";
import { type Connection, clientConfiguration } from "./connection.ts";

/** Policies as JSON text. */
export interface RoleReading {
  readonly trust: string;
  /** Its own policies, by name. */
  readonly policies: Readonly<Record<string, string>>;
  /** ARNs of managed policies. */
  readonly attached: readonly string[];
}

export class DeployedRoles {
  readonly #iam: IAMClient;

  constructor(connection: Connection) {
    this.#iam = new IAMClient(clientConfiguration(connection));
  }

  role(RoleName: string): Promise<RoleReading | undefined> {
    return orNone(async () => {
      const client = this.#iam;
      const { Role } = await client.send(new GetRoleCommand({ RoleName }));
      const policies: Record<string, string> = {};
      for await (const page of paginateListRolePolicies({ client }, { RoleName }))
        for (const PolicyName of page.PolicyNames ?? []) {
          const found = await client.send(new GetRolePolicyCommand({ RoleName, PolicyName }));
          policies[PolicyName] = decoded(found.PolicyDocument);
        }
      const attached: string[] = [];
      for await (const page of paginateListAttachedRolePolicies({ client }, { RoleName }))
        for (const one of page.AttachedPolicies ?? []) attached.push(one.PolicyArn ?? "");
      return { trust: decoded(Role?.AssumeRolePolicyDocument), policies, attached };
    });
  }

  /** A managed policy's default version. */
  policy(PolicyArn: string): Promise<string | undefined> {
    return orNone(async () => {
      const { Policy } = await this.#iam.send(new GetPolicyCommand({ PolicyArn }));
      const { PolicyVersion } = await this.#iam.send(
        new GetPolicyVersionCommand({ PolicyArn, VersionId: Policy?.DefaultVersionId }),
      );
      return decoded(PolicyVersion?.Document);
    });
  }

  /** For whom a provider's tokens may be. */
  oidcAudiences(OpenIDConnectProviderArn: string): Promise<readonly string[] | undefined> {
    return orNone(async () => {
      const { ClientIDList } = await this.#iam.send(
        new GetOpenIDConnectProviderCommand({ OpenIDConnectProviderArn }),
      );
      return ClientIDList ?? [];
    });
  }
}

/** IAM hands documents out URL-encoded. */
const decoded = (document: string | undefined): string => decodeURIComponent(document ?? "{}");

async function orNone<T>(read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (/^NoSuchEntity/.test((error as Error).name)) return undefined;
    throw error;
  }
}
