/**
 * The functions that answer an API's routes: one a name of contract/routes.ts, made when a route first asks for it,
 * shared by every REST API of the stack.
 */
import { Construct } from "constructs";
import type { ApiEnvironment, Environment } from "#config/environment.ts";
import type { RouteFunction } from "#contract/function-environment.ts";
import { apiFunctionName } from "#contract/names.ts";
import { routesOf } from "#contract/routes.ts";
import { NodeFunction } from "#stacks/shared/node-function.ts";

export interface RouteFunctionsProps {
  readonly environment: Environment;
  readonly api: ApiEnvironment;
}

export class RouteFunctions extends Construct {
  readonly #props: RouteFunctionsProps;
  readonly #made = new Map<string, NodeFunction<RouteFunction>>();

  constructor(scope: Construct, id: string, props: RouteFunctionsProps) {
    super(scope, id);
    this.#props = props;
  }

  of(slug: string): NodeFunction<RouteFunction> {
    const known = this.#made.get(slug);
    if (known) return known;
    const { environment, api } = this.#props;
    // API Gateway would not wait longer for it.
    const waited = routesOf(api).flatMap((one) => (one.function === slug ? one.timeoutMilliseconds : []));
    const made = new NodeFunction(this, slug, {
      // Checked by the guards.
      slug: slug as RouteFunction,
      functionName: apiFunctionName(environment.name, api.name, slug),
      description: `Answers routes of ${api.name}`,
      environment: {},
      statements: [],
      timeoutSeconds: Math.ceil(Math.max(...waited) / 1000),
      memoryMegabytes: 256,
      logRetentionDays: api.logs.retentionDays,
      logKmsKeyArn: api.logs.kmsKeyArn,
    });
    this.#made.set(slug, made);
    return made;
  }
}
