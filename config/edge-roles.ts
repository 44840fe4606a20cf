/** The roles of an API's private edge, for policies of both accounts that name them. */
import { roleArn, roleNames } from "#contract/names.ts";
import type { ApiEnvironment } from "./environment.ts";

/** NGINX stands before a REST API of ours, not before a server of the configuration. */
export const hasPrivateApi = ({ privateEdge }: Pick<ApiEnvironment, "privateEdge">): boolean =>
  privateEdge !== undefined && privateEdge.urlToProxy === undefined;

/** ARNs: NGINX's instances, and the authorizer of the private API. None without a private edge. */
export const edgeRoles = (environment: string, api: ApiEnvironment): string[] =>
  [
    ...(api.privateEdge ? [roleNames.edge(environment, api.name)] : []),
    ...(hasPrivateApi(api) ? [roleNames.privateAuthorizer(environment, api.name)] : []),
  ].map((role) => roleArn(api.account, role));
