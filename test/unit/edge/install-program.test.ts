/** What an instance runs before anything else: the program by its hash, or nothing. `aws` stands in for the network. */
import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { edgePaths } from "#contract/private-edge.ts";
import { cloudConfig } from "#edge/instance/user-data.ts";

const program = { bucket: "b", key: "edge/refresh.cjs", version: "v1", sha256: "", region: "eu-west-2" };
const text =
  cloudConfig({
    ...{ environment: "dev", api: "api", refreshSeconds: 60, ownImage: false, program },
    settingsBase64: "",
  }).write_files.find(({ path }) => path === edgePaths.installer)?.content ?? "";

let folder = "";
const installed = () => join(folder, "refresh.cjs");
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "install-program-"));
  // Where it is on an instance is the only difference.
  writeFileSync(join(folder, "install"), text.replaceAll(dirname(edgePaths.program), folder));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** `aws` writes its last word's file, and its words into `asked`. */
function aws(body: string): void {
  const script = `#!/bin/sh\necho "$@" >> ${folder}/asked\nfor last; do :; done\n${body}\n`;
  writeFileSync(join(folder, "aws"), script);
  chmodSync(join(folder, "aws"), 0o755);
}
// Between attempts it would wait.
const withoutSleep = () => {
  writeFileSync(join(folder, "sleep"), "#!/bin/sh\n");
  chmodSync(join(folder, "sleep"), 0o755);
};
const run = (sha256: string) =>
  spawnSync("sh", [join(folder, "install"), "b", "edge/refresh.cjs", "v1", sha256, "eu-west-2"], {
    env: { PATH: `${folder}:${process.env.PATH}` },
    encoding: "utf8",
  });
const hash = (content: string) => createHash("sha256").update(content).digest("hex");

test("is a shell script without a fault in its grammar", () => {
  execFileSync("sh", ["-n", join(folder, "install")]);
});

test("the pinned bytes are installed, asked for by version", () => {
  aws("printf good > $last");
  expect(run(hash("good"))).toMatchObject({ status: 0, stderr: "" });
  expect(readFileSync(installed(), "utf8")).toBe("good");
  expect(readFileSync(join(folder, "asked"), "utf8")).toMatch(
    /^s3api get-object --region eu-west-2 --bucket b --key edge\/refresh\.cjs --version-id v1 \S+\.new\n$/,
  );
});

test("other bytes are not installed, and do not stay", () => {
  writeFileSync(installed(), "the one before");
  aws("printf evil > $last");
  expect(run(hash("good"))).toMatchObject({ status: 1, stderr: "not the pinned program\n" });
  expect(readFileSync(installed(), "utf8")).toBe("the one before");
  expect(readdirSync(folder).filter((name) => name.endsWith(".new"))).toEqual([]);
});

test("a bucket out of reach is asked again, and in the end nothing is installed", () => {
  withoutSleep();
  aws("exit 1");
  expect(run(hash("good")).status).toBe(1);
  expect(existsSync(installed())).toBe(false);
  expect(readFileSync(join(folder, "asked"), "utf8").trim().split("\n")).toHaveLength(5);
});
