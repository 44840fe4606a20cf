/**
 * One at a time: a lock that belongs to a process, and is taken over when that process is gone.
 *
 * The file appears whole, with its owner in it. Who takes over a lock holds a lock for that (`….over`) and looks again:
 * of two who found it abandoned at once, the second finds the first one's.
 */
import { link, mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname } from "node:path";

/** Rejects when another process holds it. */
export async function withLock<T>(path: string, run: () => Promise<T>): Promise<T> {
  await mkdir(dirname(path), { recursive: true });
  if (!(await acquired(path))) throw new Error("another refresh is at work");
  try {
    return await run();
  } finally {
    await rm(path, { force: true });
  }
}

async function acquired(path: string): Promise<boolean> {
  return (await written(path, link)) || ((await isAbandoned(path)) && (await takenOver(path)));
}

/** A lock for taking over that was abandoned is taken over in the same way. */
async function takenOver(path: string): Promise<boolean> {
  const over = `${path}.over`;
  if (!(await acquired(over))) return false;
  try {
    return (await isAbandoned(path)) && (await written(path, rename));
  } finally {
    await rm(over, { force: true });
  }
}

/** Ours is put there at once: `link` only where there is none, `rename` in place of another. */
async function written(path: string, put: typeof link | typeof rename): Promise<boolean> {
  const own = `${path}.${process.pid}.${++made}`;
  await writeFile(own, String(process.pid), { mode: 0o600 });
  try {
    await put(own, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  } finally {
    await rm(own, { force: true });
  }
}

/** Tells apart what one process makes at once. */
let made = 0;

async function isAbandoned(path: string): Promise<boolean> {
  const pid = Number(await readFile(path, "utf8").catch(() => ""));
  // Gone, or nobody's that we know.
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ESRCH";
  }
}
