/** Answers `GET /time`: the time, in UTC. Whether the caller's token allows the question is the authorizer's business. */
import { interactionIdOf } from "#contract/interaction-id.ts";

interface ProxyResult {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export const handler = async (event?: unknown): Promise<ProxyResult> => ({
  statusCode: 200,
  headers: { "Content-Type": "application/json", ...interactionIdOf(event) },
  body: JSON.stringify({ time: new Date().toISOString() }),
});
