/**
 * What a deployed authorizer finds around it: its variables, and an S3 on loopback that has objects by key, whatever
 * bucket and version are asked for.
 */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";

export interface LoopbackAws {
  readonly environment: Readonly<Record<string, string>>;
  /** Paths of the GETs, oldest first. */
  readonly asked: string[];
  close(): Promise<unknown>;
}

/** `post` answers whatever is no GET: Secrets Manager's questions. */
export async function startLoopbackAws(
  objects: () => ReadonlyMap<string, Buffer>,
  post: (question: string) => string | undefined = () => undefined,
): Promise<LoopbackAws> {
  const asked: string[] = [];
  const server: Server = createServer(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part);
    if (request.method !== "GET") {
      const answer = post(Buffer.concat(parts).toString("utf8"));
      if (answer === undefined) response.writeHead(400).end('{"__type":"ResourceNotFoundException"}');
      else response.end(answer);
      return;
    }
    const path = request.url as string;
    asked.push(path);
    const key = (path.split("?")[0] as string).split("/").slice(2).join("/");
    const body = objects().get(decodeURIComponent(key));
    response.writeHead(body ? 200 : 403).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    asked,
    environment: {
      AWS_ACCESS_KEY_ID: "AKIDEXAMPLE",
      AWS_SECRET_ACCESS_KEY: "secret",
      AWS_REGION: "eu-west-2",
      AWS_ENDPOINT_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      API_ID: "a1b2c3d4e5",
      STAGE: "dev",
      POLICY_BUCKET: "dev-api-policy-222222222222",
      POLICY_KEY: "authorizer-policy.json",
      POLICY_VERSION: "p1",
    },
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    },
  };
}
