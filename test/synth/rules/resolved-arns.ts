/**
 * ARNs that a policy of a synthesized stack names by reference, as AWS will know them: from the names that the
 * resources have. What has an id of AWS's own gets a made-up one. Undefined where it cannot be told.
 */
import { type Json, referenced, type Synthesized } from "../synthesized.ts";

export function resolvedArn(stack: Synthesized, text: string): string | undefined {
  let known = true;
  const resolved = text.replace(/\$\{[^}]*\}/g, (expression) => {
    const arn = arnOf(stack, expression);
    known &&= arn !== undefined;
    return arn ?? "";
  });
  return known ? resolved : undefined;
}

function arnOf(stack: Synthesized, expression: string): string | undefined {
  const [, type = "", attribute] = /^\$\{([a-z0-9_]+)\.[\w-]+\.([a-z_]+)\}$/.exec(expression) ?? [];
  const [part, wanted = "arn"] = parts[type] ?? [];
  if (!part || attribute !== wanted) return undefined;
  const { region, allowed_account_ids: accounts } = stack.json.provider.aws[0];
  const own = part(referenced(stack.json, expression).attributes, (text) => nameAt(stack, text));
  return own.replace("REGION", region).replace("ACCOUNT", accounts[0]);
}

type Part = (attributes: Json, name: (text: string) => string) => string;

/** By type: its ARN, and the attribute that has it where it is not `arn`. */
const parts: Readonly<Record<string, readonly [Part, string?]>> = {
  aws_acm_certificate_validation: [() => "arn:aws:acm:REGION:ACCOUNT:certificate/1", "certificate_arn"],
  aws_cloudwatch_event_bus: [({ name }) => `arn:aws:events:REGION:ACCOUNT:event-bus/${name}`],
  aws_cloudwatch_log_group: [({ name }) => `arn:aws:logs:REGION:ACCOUNT:log-group:${name}`],
  aws_dynamodb_table: [({ name }) => `arn:aws:dynamodb:REGION:ACCOUNT:table/${name}`],
  aws_kms_key: [() => "arn:aws:kms:REGION:ACCOUNT:key/1"],
  aws_lambda_alias: [
    (alias, name) => `arn:aws:lambda:REGION:ACCOUNT:function:${name(alias.function_name)}:${alias.name}`,
  ],
  aws_lambda_function: [(one) => `arn:aws:lambda:REGION:ACCOUNT:function:${one.function_name}`],
  aws_secretsmanager_secret: [({ name }) => `arn:aws:secretsmanager:REGION:ACCOUNT:secret:${name}-Ab12Cd`],
  aws_s3_bucket: [({ bucket }) => `arn:aws:s3:::${bucket}`],
};

/** A name as it stands, or that of the resource that is referred to. */
function nameAt({ json }: Synthesized, text: string): string {
  const attribute = /\.([a-z_]+)\}$/.exec(text)?.[1];
  return attribute ? String(referenced(json, text).attributes[attribute]) : text;
}
