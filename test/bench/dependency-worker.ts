/** Loads one file in a process of its own. node:crypto is there before: every function of ours has it. */
import "node:crypto";
import { cpuMs } from "./processor-time.ts";

const [file = ""] = process.argv.slice(2);
const [cpu, start] = [cpuMs(), process.hrtime.bigint()];
if (file !== "") require(file);
const answer = { cpuMs: cpuMs() - cpu, wallMs: Number(process.hrtime.bigint() - start) / 1e6 };
process.stdout.write(JSON.stringify(answer));
