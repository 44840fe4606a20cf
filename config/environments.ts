/** Every committed environment. All of them are synthesized, always: `cdktf synth` deletes what is not listed. */
import { environments as checked } from "./environment.ts";
import { dev } from "./environments/dev/index.ts";
import { existing } from "./environments/existing/index.ts";
import { local } from "./environments/local/index.ts";
import { production } from "./environments/production/index.ts";
import { staging } from "./environments/staging/index.ts";
import { tls } from "./environments/tls/index.ts";

export const environments = checked([local, dev, staging, production, tls, existing]);
