/**
 * The environment variables of every function: the stack must set exactly these (types), and a function that
 * finds one missing or empty stops at cold start instead of guessing.
 */
export const functionEnvironment = {
  "ca-reconcile": [
    "LEDGER_TABLE",
    "EXTERNAL_BUCKET",
    "PUBLISH_FUNCTION",
    "ISSUE_FUNCTION",
    "REVOKE_FUNCTION",
    "EVENT_BUS",
  ],
  "ca-issue": ["LEDGER_TABLE", "EXTERNAL_BUCKET", "EVENT_BUS"],
  "ca-revoke": ["LEDGER_TABLE", "PUBLISH_FUNCTION", "EVENT_BUS"],
  "ca-publish": ["LEDGER_TABLE", "EXTERNAL_BUCKET", "EVENT_BUS"],
  "ca-mirror": ["EXTERNAL_BUCKET", "TRUSTSTORE_SHA256", "MIRROR"],
  authorizer: [
    "API_ID",
    "STAGE",
    "DOMAIN_NAME",
    "POLICY_BUCKET",
    "POLICY_KEY",
    "POLICY_VERSION",
    "POLICY_SHA256",
  ],
  /** The authorizer of the private API: it takes the certificate from NGINX's header (contract/private-edge.ts). */
  "private-authorizer": [
    "API_ID",
    "STAGE",
    /** Id of the interface endpoint through which NGINX comes. */
    "VPC_ENDPOINT",
    "EDGE_SECRET",
    "POLICY_BUCKET",
    "POLICY_KEY",
    "POLICY_VERSION",
    "POLICY_SHA256",
  ],
  "domain-watch": ["DOMAIN_NAME", "POLICY_BUCKET", "POLICY_KEY", "POLICY_VERSION", "POLICY_SHA256"],
  "api-response": [],
  "customer-info": [],
  time: [],
} as const satisfies Record<string, readonly string[]>;

export type FunctionSlug = keyof typeof functionEnvironment;
export type EnvironmentOf<S extends FunctionSlug> = Readonly<
  Record<(typeof functionEnvironment)[S][number], string>
>;

/** A function that answers routes: it needs no variables, so that a new route is a new row and nothing else. */
export type RouteFunction = {
  [S in FunctionSlug]: (typeof functionEnvironment)[S] extends readonly [] ? S : never;
}[FunctionSlug];

export const isRouteFunction = (slug: string): slug is RouteFunction =>
  Object.hasOwn(functionEnvironment, slug) && functionEnvironment[slug as FunctionSlug].length === 0;

/** The function's own variables, all present; throws with every missing name. */
export function readEnvironment<S extends FunctionSlug>(
  slug: S,
  variables: Readonly<Record<string, string | undefined>>,
): EnvironmentOf<S> {
  const names: readonly string[] = functionEnvironment[slug];
  const missing = names.filter((name) => !variables[name]);
  if (missing.length > 0)
    throw new Error(`${slug}: environment variables missing: ${missing.join(", ")}; the stack must set them`);
  return Object.fromEntries(names.map((name) => [name, variables[name]])) as EnvironmentOf<S>;
}
