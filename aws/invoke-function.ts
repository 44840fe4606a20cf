/**
 * Invokes a function and waits for its answer. One attempt: an invocation that is repeated by the SDK could run
 * twice at once; whoever asks decides whether to ask again.
 */
import { InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { type Connection, clientConfiguration } from "./connection.ts";
import { denying } from "./denying.ts";

/** The function itself failed: `type` is its error's name, for our functions a code. */
export class FunctionError extends Error {
  override readonly name = "FunctionError";
  readonly code = "function-error";
  readonly functionName: string;
  readonly type: string;

  constructor(functionName: string, type: string, message: string) {
    super(`${functionName} failed: ${message}`);
    this.functionName = functionName;
    this.type = type;
  }
}

/** No function of ours may run longer. */
const longestRun = 610_000;

/** The parsed answer; throws FunctionError, or Denied when the caller may not invoke it. */
export async function invokeFunction(
  connection: Connection,
  functionName: string,
  request: unknown,
  alias?: string,
): Promise<unknown> {
  const client = new LambdaClient({ ...clientConfiguration(connection, longestRun), maxAttempts: 1 });
  const answer = await denying(() =>
    client.send(
      new InvokeCommand({
        FunctionName: functionName,
        ...(alias === undefined ? {} : { Qualifier: alias }),
        InvocationType: "RequestResponse",
        Payload: Buffer.from(JSON.stringify(request)),
      }),
    ),
  ).finally(() => client.destroy());
  const text = Buffer.from(answer.Payload ?? []).toString("utf8");
  if (answer.FunctionError !== undefined) throw functionError(functionName, text);
  return JSON.parse(text);
}

function functionError(functionName: string, text: string): FunctionError {
  const { errorType, errorMessage } = parse(text);
  return new FunctionError(functionName, String(errorType ?? "Error"), String(errorMessage ?? "no message"));
}

function parse(text: string): { readonly errorType?: unknown; readonly errorMessage?: unknown } {
  try {
    return JSON.parse(text) ?? {};
  } catch {
    return {};
  }
}
