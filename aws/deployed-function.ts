/** Lambda functions as API Gateway meets them: their resource policy, and invocation with one JSON event. */
import {
  GetPolicyCommand,
  InvokeCommand,
  LambdaClient,
  ResourceNotFoundException,
} from "@aws-sdk/client-lambda";
import { type Connection, clientConfiguration } from "./connection.ts";

export interface Invocation {
  /** JSON text: the function's answer, or the error object when `functionError` is set. */
  readonly payload: string;
  /** `Unhandled` and the like; left out when the function returned. */
  readonly functionError?: string;
}

export class DeployedFunctions {
  readonly #client: LambdaClient;

  constructor(connection: Connection) {
    // A second attempt could run a function twice; API Gateway makes one.
    this.#client = new LambdaClient({ ...clientConfiguration(connection), maxAttempts: 1 });
  }

  /** The resource policy (JSON) of the function, or of the version or alias that the ARN names. */
  async policy(functionArn: string): Promise<string | undefined> {
    const { name, qualifier } = splitQualifier(functionArn);
    try {
      const { Policy } = await this.#client.send(
        new GetPolicyCommand({ FunctionName: name, ...(qualifier ? { Qualifier: qualifier } : {}) }),
      );
      return Policy;
    } catch (error) {
      if (error instanceof ResourceNotFoundException) return undefined;
      throw error;
    }
  }

  async invoke(functionArn: string, event: string, signal: AbortSignal): Promise<Invocation> {
    const { Payload, FunctionError } = await this.#client.send(
      new InvokeCommand({
        FunctionName: functionArn,
        InvocationType: "RequestResponse",
        Payload: Buffer.from(event),
      }),
      { abortSignal: signal },
    );
    const payload = Buffer.from(Payload ?? []).toString("utf8");
    return { payload, ...(FunctionError ? { functionError: FunctionError } : {}) };
  }
}

/** `arn:aws:lambda:region:account:function:name[:qualifier]` */
function splitQualifier(arn: string): { readonly name: string; readonly qualifier?: string } {
  const parts = arn.split(":");
  const qualifier = parts[7];
  return { name: parts.slice(0, 7).join(":"), ...(qualifier ? { qualifier } : {}) };
}
