/** What to do with tests of NGINX where there is none. */
import { nginxPath } from "#local/instance/running-nginx.ts";

/** Counted as skipped, and one line on the terminal. */
export const withNginx: typeof describe = nginxPath ? describe : (describe.skip as typeof describe);
if (!nginxPath)
  process.stderr.write("NGINX is not installed (Debian: apt-get install nginx): its tests are skipped\n");
