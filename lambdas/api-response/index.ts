/** Answers `POST /api`: proof that the request came through domain, certificate and authorizer. */

interface ProxyResult {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export const handler = async (): Promise<ProxyResult> => ({
  statusCode: 200,
  headers: { "Content-Type": "application/json" },
  body: JSON.stringify({ message: "successful response from API Gateway lambda function" }),
});
