/** Answers `POST /api`: proof that the request came through domain, certificate and authorizer. */
import { interactionIdOf } from "#contract/interaction-id.ts";

interface ProxyResult {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export const handler = async (event?: unknown): Promise<ProxyResult> => ({
  statusCode: 200,
  headers: { "Content-Type": "application/json", ...interactionIdOf(event) },
  body: JSON.stringify({ message: "successful response from API Gateway lambda function" }),
});
