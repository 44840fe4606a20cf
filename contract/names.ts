/**
 * Names that two sides must spell alike: stacks and code, or two accounts that name each other's roles
 * before they exist. Everything here is a function of the environment's and the API's name.
 */

export const stackNames = {
  ca: (environment: string) => `${environment}-ca`,
  api: (environment: string, api: string) => `${environment}-${api}`,
  /** Not `${environment}-…`: `cdktf deploy 'dev-*'` must not reach for the roles that it works with. */
  foundation: (environment: string, account: string) => `foundation-${environment}-${account}`,
} as const;

/** How an environment is entered: to change it, or to read it. The roles of bootstrap come in these two. */
export const accesses = ["deploy", "plan"] as const;
export type Access = (typeof accesses)[number];

/** The functions of the CA account; the slug is folder, bundle, function, role and log group. */
export const caFunctions = ["ca-reconcile", "ca-issue", "ca-revoke", "ca-publish"] as const;
export type CaFunction = (typeof caFunctions)[number];

/** The functions of a CA by the engine that it runs on. */
export const caFunctionsOf = {
  kms: caFunctions,
  tls: [],
  existing: ["ca-mirror"],
} as const satisfies Record<string, readonly string[]>;
export type CaAccountFunction = (typeof caFunctionsOf)[keyof typeof caFunctionsOf][number];

/** `dev` + `ca-issue` → `dev-ca-issue`. */
export const caFunctionName = (environment: string, slug: CaAccountFunction): string =>
  `${environment}-${slug}`;

/**
 * A CA function knows who asks by the alias that was invoked. Beside one for each configured caller there are these;
 * no caller may bear their names.
 */
export const caAliases = { operator: "operator", reconcile: "reconcile" } as const;

/** `dev` + `api` + `authorizer` → `dev-api-authorizer`. */
export const apiFunctionName = (environment: string, api: string, slug: string): string =>
  `${environment}-${api}-${slug}`;

/** Roles that the other account names in its policies. Where there is an access, a Terraform expression may stand. */
export const roleNames = {
  /** Terraform works with it; both in every account of an environment (made by bootstrap). */
  worker: (environment: string, access: string) => `mtls-api-${environment}-${access}`,
  /** Terraform applies with it. */
  deploy: (environment: string) => roleNames.worker(environment, "deploy"),
  /** Terraform plans with it; reads only. */
  plan: (environment: string) => roleNames.worker(environment, "plan"),
  /** CA account: what the pipeline enters by its own token, and from which it goes on (made by bootstrap). */
  entry: (environment: string, access: Access) => `mtls-api-${environment}-entry-${access}`,
  /** A zone's own account: writes, or reads, the records of the environment's domains (made by bootstrap). */
  zone: (environment: string, access: string) => `mtls-api-${environment}-zone-${access}`,
  /** API account: API Gateway writes its execution logs with it (made by bootstrap). */
  gatewayLogging: (environment: string) => `mtls-api-${environment}-gateway-logging`,
  /** CA account: lets the API accounts read the CA's outputs, and nothing else. */
  stateReader: (environment: string) => `${environment}-ca-state-reader`,
  /** API account: the authorizer's execution role, which reads CRLs and truststore in the CA account. */
  authorizer: (environment: string, api: string) => apiFunctionName(environment, api, "authorizer"),
  /** API account: the same of the private API's authorizer. */
  privateAuthorizer: (environment: string, api: string) =>
    apiFunctionName(environment, api, "private-authorizer"),
  /** API account: NGINX's instances, which read truststore and CRLs in the CA account and two secrets of their own. */
  edge: (environment: string, api: string) => `${environment}-${api}-edge`,
  /** API account: domain-watch's execution role, which reads the same to tell how old it is. */
  watch: (environment: string, api: string) => apiFunctionName(environment, api, "domain-watch"),
} as const;

export const roleArn = (account: string, role: string): string => `arn:aws:iam::${account}:role/${role}`;

/** The most that any role of an environment's stacks may do, whatever its own policies say (made by bootstrap). */
export const boundaryName = (environment: string): string => `mtls-api-${environment}-boundary`;
export const boundaryArn = (account: string, environment: string): string =>
  `arn:aws:iam::${account}:policy/${boundaryName(environment)}`;

/** Whose tokens the pipeline enters by, and how an account knows it (made by bootstrap, or there already). */
export const githubHost = "token.actions.githubusercontent.com";
export const githubProviderArn = (account: string): string =>
  `arn:aws:iam::${account}:oidc-provider/${githubHost}`;

/** Terraform's variable that says by which roles it works; `-var access=plan` reads only. */
export const accessVariable = "access";

/** Where the zone's account keeps the state of its foundation. */
export const stateBucketName = (environment: string, account: string): string =>
  `mtls-api-${environment}-state-${account}`;

/** The bus of what the CA tells, and the name under which it measures itself. */
export const caEventBusName = (environment: string): string => `${environment}-ca`;
/** Where events and alarms of the CA account arrive. */
export const caTopicName = (environment: string): string => `${environment}-ca-notifications`;

export const ledgerName = (environment: string): string => `${environment}-ca-ledger`;

/** Bucket names are global on AWS: the account makes ours unique. */
export const externalBucketName = (environment: string, account: string): string =>
  `${environment}-ca-external-${account}`;
export const policyBucketName = (environment: string, api: string, account: string): string =>
  `${environment}-${api}-policy-${account}`;
export const jwksBucketName = (environment: string, api: string, account: string): string =>
  `${environment}-${api}-jwks-${account}`;

/** Who connected to the private edge, or was turned away. */
export const flowLogBucketName = (environment: string, api: string, account: string): string =>
  `${environment}-${api}-flows-${account}`;

/** The secret between NGINX and the private API's authorizer. */
export const edgeSecretName = (environment: string, api: string): string => `${environment}-${api}-edge`;

/** The web ACL of an API's stage. */
export const firewallName = (stack: string): string => `${stack}-firewall`;

/** Object keys of Terraform's state, one per stack. */
export const stateKey = (stack: string): string => `${stack}.tfstate`;

/** API Gateway's own name for the group of a stage's execution log. */
export const executionLogName = (restApiId: string, stage: string): string =>
  `API-Gateway-Execution-Logs_${restApiId}/${stage}`;
