/** The function that an integration or authorizer URI names. */
import type { DeployedDomain, DeployedStage } from "#aws/deployed-api-model.ts";

const pattern =
  /^arn:aws:apigateway:[^:]+:lambda:path\/2015-03-31\/functions\/(arn:aws:lambda:[^:]+:[^:]+:function:[^/]+)\/invocations$/;

/** Undefined when the URI is no Lambda function's. Stage variables in it are filled in. */
export function functionArnOf(
  uri: string | undefined,
  variables: Readonly<Record<string, string>>,
): string | undefined {
  const filled = (uri ?? "").replace(/\$\{stageVariables\.([A-Za-z0-9_]+)\}/g, (_, name: string) =>
    Object.hasOwn(variables, name) ? (variables[name] as string) : "",
  );
  return pattern.exec(filled)?.[1];
}

/** Every function that the deployed APIs call. */
export function functionArnsOf(domain: DeployedDomain): string[] {
  const found = new Set<string>();
  for (const { authorizers, resources, stages } of domain.apis) {
    const integrations = resources.flatMap(({ methods }) =>
      methods.map(({ integration }) => integration?.uri),
    );
    for (const uri of [...authorizers.map((one) => one.uri), ...integrations])
      for (const { variables } of stages satisfies readonly DeployedStage[]) {
        const arn = functionArnOf(uri, variables);
        if (arn) found.add(arn);
      }
  }
  return [...found];
}
