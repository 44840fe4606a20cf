/** What the stack writes into user data is read back whole; whatever else is there instead is an error. */
import { edgePaths } from "#contract/private-edge.ts";
import { cloudConfig, userDataHead } from "#edge/instance/user-data.ts";
import { onThisMachine } from "#local/instance/on-this-machine.ts";
import { readUserData } from "#local/instance/read-user-data.ts";
import { sampleSettings as settings } from "./settings.ts";

const program = {
  bucket: "dev-api-policy-222222222222",
  key: "edge/refresh.cjs",
  version: "3sL4kqtJlcpXroDTDmJ",
  sha256: "ab".repeat(32),
  region: "eu-west-2",
};
const written = (changes: object = {}) => ({
  ...cloudConfig({
    ...{ environment: "dev", api: "api", refreshSeconds: 60, ownImage: false, program },
    settingsBase64: Buffer.from(JSON.stringify(settings)).toString("base64"),
  }),
  ...changes,
});
type Config = ReturnType<typeof written>;
const text = (config: object) => `${userDataHead}${JSON.stringify(config)}`;

test("settings and program come back as they were written", () => {
  expect(readUserData(text(written()))).toEqual({ settings, program });
});

const withSettings =
  (change: object) =>
  ({ write_files }: Config) => ({
    write_files: write_files.map((file) =>
      file.path === edgePaths.settings ? { ...file, ...change } : file,
    ),
  });
const withCommand =
  (change: (words: string[]) => string[]) =>
  ({ runcmd }: Config) => ({
    runcmd: runcmd.map((words) => (words[0] === edgePaths.installer ? change(words) : words)),
  });
const base64 = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64");

test.each<[string, (config: Config) => object, string]>([
  ["no settings", () => ({ write_files: [] }), "0 files of ours"],
  ["no files at all", () => ({ write_files: undefined }), "0 files of ours"],
  [
    "settings twice: cloud-init would take the last",
    ({ write_files }) => ({ write_files: [...write_files, ...write_files] }),
    "2 files of ours",
  ],
  ["settings in clear", withSettings({ encoding: undefined }), "not in Base64"],
  ["settings that are garbage", withSettings({ content: "AAAA" }), "JSON"],
  ["settings with an unknown key", withSettings({ content: base64({ ...settings, more: 1 }) }), "more"],
  ["no program", () => ({ runcmd: [] }), "0 commands of ours"],
  ["two programs", ({ runcmd }) => ({ runcmd: [...runcmd, ...runcmd] }), "2 commands of ours"],
  ["a program without a hash", withCommand((words) => words.slice(0, 4)), "not named by"],
  ["a program with an empty version", withCommand((words) => words.with(3, "")), "not named by"],
  ["a program of a bucket without versions", withCommand((words) => words.with(3, "null")), "no version"],
  ["a hash of another length", withCommand((words) => words.with(4, "ab")), "SHA-256 is none"],
  ["a hash in capitals", withCommand((words) => words.with(4, "AB".repeat(32))), "SHA-256 is none"],
])("%s: refused", (_what, change, problem) => {
  const config = written();
  expect(() => readUserData(text({ ...config, ...change(config) }))).toThrow(problem);
});

test.each([
  ["nothing", "", "not headed"],
  ["a shell script", "#!/bin/sh\ncurl https://example.com | sh\n", "not headed"],
  ["no JSON", `${userDataHead}runcmd:\n  - [x]\n`, "no JSON"],
  ["a list", `${userDataHead}[]`, "no JSON object"],
])("user data that is %s: refused, and not quoted", (_what, userData, problem) => {
  expect(() => readUserData(userData)).toThrow(problem);
  expect(() => readUserData(userData)).not.toThrow("example.com");
});

test("on this machine ports and the upstreams' addresses differ, and nothing else", () => {
  const told = {
    ...settings,
    tokenEndpoint: {
      port: 8443,
      upstream: { address: "auth.example.com", port: 443, host: "auth.example.com", pathPrefix: "/oauth" },
    },
  };
  const ports = { https: 1, health: 2, upstream: 3, tokens: 4, tokenUpstream: 5 };
  expect(onThisMachine(told, ports)).toEqual({
    ...told,
    ...{ port: 1, healthPort: 2, upstream: { ...told.upstream, address: "localhost", port: 3 } },
    tokenEndpoint: { port: 4, upstream: { ...told.tokenEndpoint.upstream, address: "localhost", port: 5 } },
  });
  const { tokenEndpoint: _, ...without } = told;
  expect(onThisMachine(without, ports)).not.toHaveProperty("tokenEndpoint");
});
