/** Paths are relative to where the person stands, not to the project (npm changes the folder). */
import { readFileSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { CommandError, exitCodes } from "./terminal.ts";

export function fromWhereTyped(path: string): string {
  return resolve(process.env.MTLS_API_FROM ?? process.cwd(), path);
}

/** No file that these commands read is larger: a CRL of a million entries is about 40 MB. */
const largestBytes = 100_000_000;

/** The file's bytes; says what is wrong with the path. */
export function readTyped(path: string): Buffer {
  const file = fromWhereTyped(path);
  const status = statSync(file, { throwIfNoEntry: false });
  if (!status) throw new CommandError("no-file", `${file}: no such file`, exitCodes.usage);
  if (!status.isFile()) throw new CommandError("no-file", `${file}: not a file`, exitCodes.usage);
  if (status.size > largestBytes)
    throw new CommandError("size", `${file}: ${status.size} bytes, at most ${largestBytes} are read`);
  return readFileSync(file);
}
