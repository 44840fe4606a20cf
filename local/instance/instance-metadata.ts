/**
 * The instance metadata service as one instance finds it, by plain http on loopback: the embedded AWS answers, and this
 * says which instance asks, by its instance profile (local/aws/plugin/instance_metadata.py). IMDSv2 only.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { request } from "node:https";
import { close, listen } from "../loopback.ts";

export interface InstanceMetadata {
  readonly url: string;
  readonly close: () => Promise<void>;
}

export interface AskedAws {
  readonly port: number;
  /** PEM. */
  readonly authority: string;
}

/** Of a client's headers these go on. */
const tokenHeaders = ["x-aws-ec2-metadata-token", "x-aws-ec2-metadata-token-ttl-seconds"];

export async function startInstanceMetadata(
  aws: AskedAws,
  instanceProfileArn: string,
): Promise<InstanceMetadata> {
  const server = createServer((asked, answer) => handOn(aws, instanceProfileArn, asked, answer));
  const port = await listen(server);
  return { url: `http://127.0.0.1:${port}`, close: () => close(server) };
}

function handOn(aws: AskedAws, profile: string, asked: IncomingMessage, answer: ServerResponse): void {
  const { method = "GET", url: path = "/" } = asked;
  if (!path.startsWith("/latest/")) return void answer.writeHead(404).end();
  const headers = Object.fromEntries(
    tokenHeaders.flatMap((name) => (asked.headers[name] === undefined ? [] : [[name, asked.headers[name]]])),
  );
  const onward = request(
    {
      ...{ host: "127.0.0.1", port: aws.port, ca: aws.authority, method, path, agent: false },
      headers: { ...headers, "x-instance-profile": profile },
    },
    (reply) => {
      answer.writeHead(reply.statusCode ?? 502, { "Content-Type": reply.headers["content-type"] ?? "" });
      reply.pipe(answer);
    },
  );
  onward.on("error", () => answer.destroy());
  onward.end();
}
