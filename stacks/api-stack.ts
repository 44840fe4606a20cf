/**
 * The API account: the REST API, its authorizer, and the custom domain that is the only way in; and where the
 * configuration asks for it, the private edge with a REST API of its own.
 */
import { ApiGatewayRestApi } from "@cdktf/provider-aws/lib/api-gateway-rest-api/index.js";
import type { AwsProvider } from "@cdktf/provider-aws/lib/provider/index.js";
import { TerraformOutput } from "cdktf";
import type { Construct } from "constructs";
import type { ApiEnvironment, Environment } from "#config/environment.ts";
import { roleNames, stackNames } from "#contract/names.ts";
import { Alarms } from "./api/alarms.ts";
import { Authorizer } from "./api/authorizer.ts";
import { BackendKeys } from "./api/backend-keys.ts";
import { CaTrust } from "./api/ca-trust.ts";
import { CustomDomain } from "./api/custom-domain.ts";
import { Dashboard } from "./api/dashboard.ts";
import { DomainWatch } from "./api/domain-watch.ts";
import { Firewall } from "./api/firewall.ts";
import { GatewayResponses } from "./api/gateway-responses.ts";
import { refuseUnsafe } from "./api/guards.ts";
import { PrivateEdge } from "./api/private-edge/private-edge.ts";
import { Quotas } from "./api/quotas.ts";
import { RouteFunctions } from "./api/route-functions.ts";
import { Routes } from "./api/routes.ts";
import { Stage } from "./api/stage.ts";
import { AccountStack } from "./shared/account-stack.ts";

export interface ApiStackProps {
  readonly environment: Environment;
  readonly api: ApiEnvironment;
}

export class ApiStack extends AccountStack {
  constructor(scope: Construct, props: ApiStackProps) {
    const { environment, api } = props;
    const name = stackNames.api(environment.name, api.name);
    super(scope, { ...api, environment, name });

    const trust = new CaTrust(this, "trust", { environment });
    const restApi = new ApiGatewayRestApi(this, "rest-api", {
      name: `cloud-app-${api.name}`,
      description: `mtls-api, environment ${environment.name}`,
      endpointConfiguration: { types: ["REGIONAL"] },
      // Open, it would be a way around mutual TLS.
      disableExecuteApiEndpoint: true,
      // Who is counted, the authorizer says; never the client.
      ...(api.quotas ? { apiKeySource: "AUTHORIZER" } : {}),
    });
    const { backend } = api;
    const backendKeys = backend && new BackendKeys(this, "backend-keys", { environment, api, backend });
    const decision = new Authorizer(this, "authorizer", { environment, api, restApi, trust, backendKeys });
    const { authorizer, policy, ready } = decision;
    const responses = new GatewayResponses(this, "responses", { api, restApi });
    const functions = new RouteFunctions(this, "functions", { environment, api });
    const routes = new Routes(this, "routes", { api, restApi, authorizer, functions });
    const { stage } = new Stage(this, "stage", {
      api,
      name,
      restApi,
      configuration: [authorizer, ...responses.all, ...routes.configuration],
      ready: [...ready, ...routes.ready],
    });
    const firewall = new Firewall(this, "firewall", { api, name, stage });
    const edge =
      api.privateEdge &&
      new PrivateEdge(this, "private-edge", {
        ...{ environment, api, name, settings: api.privateEdge, trust, functions, backendKeys },
        authorizer: decision,
      });
    const stages = [stage, ...(edge?.api ? [edge.api.stage] : [])];
    const quotas = new Quotas(this, "quotas", { api, name, stages });
    const { certificateArn } = new CustomDomain(this, "domain", {
      ...{ api, restApi, stage, trust },
      zoneProvider: this.#zoneProvider(api.zone.account, api.region),
      ready: [...firewall.ready, ...quotas.ready],
    });
    if (api.alarms) {
      new DomainWatch(this, "watch", { environment, api, policy, certificateArn });
      const authorizerName = roleNames.authorizer(environment.name, api.name);
      const watched = [{ idPrefix: "", restApi, stage: api.stage, authorizer: authorizerName }];
      const { arns: alarmArns } = new Alarms(this, "alarms", {
        ...{ environment, api, name },
        watched: [...watched, ...(edge?.watched ?? [])],
        further: edge?.alarms ?? [],
      });
      new Dashboard(this, "dashboard", { environment, api, name, restApi, alarmArns });
    }

    if (backendKeys) new TerraformOutput(this, "backend-jwks", { value: backendKeys.jwks, staticId: true });
    new TerraformOutput(this, "url", { value: `https://${api.domain}`, staticId: true });
  }

  #zoneProvider(account: string | undefined, region: string): AwsProvider | undefined {
    return account === undefined
      ? undefined
      : this.providerIn(account, region, { role: roleNames.zone, alias: "zone" });
  }

  /** Called for every stack before the first is written. */
  override prepareStack(): void {
    super.prepareStack();
    refuseUnsafe(this.node.id, this.toTerraform());
  }
}
