/** `npm run bench [-- NAME …] [its flags]`: figures as ratios to a floor and to alternatives, measured in one run. */
import { cpus } from "node:os";
import { bench as authorizer } from "./authorizer.ts";
import { bench as crl } from "./crl.ts";
import { bench as synth } from "./synth.ts";

const benches: Readonly<Record<string, (args: readonly string[]) => Promise<unknown>>> = {
  synth,
  crl,
  authorizer,
};

const words = process.argv.slice(2);
const first = words.findIndex((word) => word.startsWith("--"));
const names = first < 0 ? words : words.slice(0, first);
const flags = first < 0 ? [] : words.slice(first);
const unknown = names.filter((name) => !(name in benches));
if (unknown.length > 0 || flags.includes("--help")) {
  if (unknown.length > 0) process.stderr.write(`npm run bench: no ${unknown.join(", ")}\n`);
  process.stderr.write(
    `npm run bench [-- ${Object.keys(benches).join(" | ")}] [--runs N] [--node FILE] [--million]\n`,
  );
  process.exit(unknown.length > 0 ? 2 : 0);
}

process.stdout.write(`Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model ?? "?"}\n`);
for (const name of names.length > 0 ? names : Object.keys(benches)) {
  process.stdout.write(`\n── ${name}\n`);
  await benches[name]?.(flags);
}
