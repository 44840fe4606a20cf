/** A port that is taken is told now, not after minutes of deployment. */
import { createServer } from "node:net";
import { LocalError } from "./local-error.ts";

export function assertPortIsFree(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on("error", (error: NodeJS.ErrnoException) =>
      reject(
        new LocalError(
          "port",
          `--port ${port} cannot be used on 127.0.0.1 (${error.code}): stop what uses it, name another one, or leave --port out`,
          { cause: error },
        ),
      ),
    );
    server.listen(port, "127.0.0.1", () => server.close(() => resolve()));
  });
}
