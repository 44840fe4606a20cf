/**
 * What is deployed, read whole: domain, APIs, the pinned truststore version, the policies of the functions.
 *
 * A truststore is read once per version, as API Gateway keeps its own copy: an object that is replaced or deleted
 * changes nothing until the domain names another version.
 */
import type { DeployedDomain } from "#aws/deployed-api-model.ts";
import type { DeployedWebAcl } from "#aws/deployed-firewall.ts";
import type { DeployedUsagePlan } from "#aws/deployed-usage-plans.ts";
import type { GatewayAws } from "./aws-port.ts";
import { functionArnsOf } from "./lambda-target.ts";
import { openTruststore, type Truststore } from "./truststore.ts";

export interface Snapshot {
  readonly domain: DeployedDomain;
  /** Left out: the domain asks for no client certificate. */
  readonly truststore?: Truststore;
  /** By `apiId/stage`. */
  readonly webAcls: ReadonlyMap<string, DeployedWebAcl>;
  readonly usagePlans: readonly DeployedUsagePlan[];
  /** Of the interface endpoint, where there is one. */
  readonly endpointPolicy?: string;
  readonly functionPolicies: ReadonlyMap<string, string | undefined>;
}

export class SnapshotReader {
  readonly #aws: GatewayAws;
  readonly #domainName: string;
  #held: { readonly key: string; readonly truststore: Truststore } | undefined;

  constructor(aws: GatewayAws, domainName: string) {
    this.#aws = aws;
    this.#domainName = domainName;
  }

  async read(): Promise<Snapshot> {
    const domain = await this.#aws.readDomain(this.#domainName);
    const [truststore, webAcls, usagePlans, policies] = await Promise.all([
      this.#truststore(domain),
      this.#webAcls(domain),
      countsByKey(domain) ? this.#aws.readUsagePlans() : [],
      Promise.all(
        functionArnsOf(domain).map(async (arn) => [arn, await this.#aws.readFunctionPolicy(arn)] as const),
      ),
    ]);
    return {
      domain,
      ...(truststore ? { truststore } : {}),
      ...{ webAcls, usagePlans },
      functionPolicies: new Map(policies),
    };
  }

  async #webAcls({ apis, region }: DeployedDomain): Promise<ReadonlyMap<string, DeployedWebAcl>> {
    const stages = apis.flatMap(({ id, stages }) => stages.map(({ name }) => ({ id, name })));
    const read = await Promise.all(
      stages.map(async ({ id, name }) => {
        const acl = await this.#aws.readWebAcl(
          `arn:aws:apigateway:${region}::/restapis/${id}/stages/${name}`,
        );
        return acl ? [[`${id}/${name}`, acl] as const] : [];
      }),
    );
    return new Map(read.flat());
  }

  async #truststore({ mutualTls }: DeployedDomain): Promise<Truststore | undefined> {
    if (!mutualTls) return undefined;
    const { truststoreUri, truststoreVersion } = mutualTls;
    const key = JSON.stringify([truststoreUri, truststoreVersion]);
    if (this.#held?.key !== key) {
      const pem = await this.#aws.readTruststore(truststoreUri, truststoreVersion);
      this.#held = { key, truststore: openTruststore(pem, truststoreVersion ?? "unpinned") };
    }
    return this.#held.truststore;
  }
}

const countsByKey = ({ apis }: DeployedDomain): boolean =>
  apis.some(({ resources }) => resources.some(({ methods }) => methods.some((one) => one.apiKeyRequired)));
