// One refresh at a time, whatever was left behind by one that died.
import promises, { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { withLock } from "#edge/refresh/lock.ts";

/** No process has it: above the kernel's greatest. */
const dead = "2147483646";
let folder: string;
let path: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "lock-"));
  path = join(folder, "run", "lock");
  await withLock(path, async () => undefined);
});
afterEach(async () => {
  jest.restoreAllMocks();
  await rm(folder, { recursive: true, force: true });
});

const left = () => readdir(join(folder, "run"));
const refused = "another refresh is at work";
/** Something that ends when it is told to. */
function gate() {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { open, opened };
}

test("a second one is refused while the first is at work, and nothing is left behind", async () => {
  await withLock(path, async () => {
    expect(await readFile(path, "utf8")).toBe(String(process.pid));
    await expect(withLock(path, async () => "in")).rejects.toThrow(refused);
  });
  expect(await left()).toEqual([]);
  await expect(withLock(path, () => Promise.reject(new Error("broken")))).rejects.toThrow("broken");
  expect(await withLock(path, async () => "in")).toBe("in");
});

test("of two who find the same lock abandoned one takes it, also when the other is late", async () => {
  await writeFile(path, dead);
  const [seen, late, entered, work] = [gate(), gate(), gate(), gate()];
  // The second has seen that it is abandoned, and goes on only when the first is at work.
  jest.spyOn(promises, "readFile").mockImplementationOnce(async () => {
    seen.open();
    await late.opened;
    return dead as never;
  });
  const second = withLock(path, async () => "in").catch((error: Error) => error.message);
  await seen.opened;
  const first = withLock(path, async () => {
    entered.open();
    await work.opened;
    return "in";
  });
  await entered.opened;
  late.open();
  expect(await second).toBe(refused);
  expect(await readFile(path, "utf8")).toBe(String(process.pid));
  work.open();
  expect(await first).toBe("in");
  expect(await left()).toEqual([]);
});

test("of many at once exactly one is at work", async () => {
  await writeFile(path, dead);
  const work = gate();
  const all = Array.from({ length: 20 }, () =>
    withLock(path, () => work.opened.then(() => "in")).catch((error: Error) => error.message),
  );
  let refusals = 0;
  for (const one of all)
    void one.then((answer) => {
      if (answer === refused && ++refusals === all.length - 1) work.open();
    });
  expect((await Promise.all(all)).filter((one) => one === "in")).toHaveLength(1);
});

test("who died while taking it over is followed too", async () => {
  await writeFile(path, dead);
  await writeFile(`${path}.over`, dead);
  expect(await withLock(path, async () => "in")).toBe("in");
  expect(await left()).toEqual([]);
});

test.each([
  ["empty", ""],
  ["no process", "somebody"],
  ["a process that lives", String(process.ppid)],
])("a lock that is %s is somebody's", async (_, text) => {
  await writeFile(path, text);
  await expect(withLock(path, async () => "in")).rejects.toThrow(refused);
  expect(await readFile(path, "utf8")).toBe(text);
});
