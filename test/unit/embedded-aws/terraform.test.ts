import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { holdsProvider, mirrorFolders, platform } from "#local/aws/provider-mirror.ts";
import { awsProvider, findTerraform, terraformVersion } from "#local/aws/terraform.ts";
import { terraformEnvironment } from "#local/aws/terraform-environment.ts";

const variables = ["PATH", "TF_PROVIDER_MIRROR", "AWS_PROFILE", "AWS_SESSION_TOKEN", "HTTPS_PROXY"];
const before = Object.fromEntries(variables.map((name) => [name, process.env[name]]));
let at: string;

beforeEach(() => {
  at = mkdtempSync(join(tmpdir(), "terraform-"));
});
afterEach(() => {
  for (const [name, value] of Object.entries(before))
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  rmSync(at, { recursive: true, force: true });
});

/** A `terraform` on PATH that answers `version` and does `init`. */
function fakeTerraform(version: string, init = "exit 0"): void {
  mkdirSync(join(at, "bin"), { recursive: true });
  const file = join(at, "bin", "terraform");
  writeFileSync(file, `#!/bin/sh\ncase "$1" in version) printf '%s' '${version}';; init) ${init};; esac\n`);
  chmodSync(file, 0o755);
  process.env.PATH = `${join(at, "bin")}:/usr/bin:/bin`;
}
const answer = (version: string) => JSON.stringify({ terraform_version: version });

describe("Terraform on PATH", () => {
  test.each(["1.11.0", "1.11.4", "1.12.0-beta1", "1.20.1", "2.0.0"])("%s is taken", async (version) => {
    fakeTerraform(answer(version));
    expect(await terraformVersion()).toBe(version);
  });

  test.each([
    ["old", answer("1.10.5"), /found 1\.10\.5 on PATH/],
    ["very old", answer("0.15.0"), /found 0\.15\.0 on PATH/],
    ["no Terraform but something of that name", "hello", /found no version on PATH/],
  ])("refused: %s", async (_what, text, message) => {
    fakeTerraform(text);
    await expect(terraformVersion()).rejects.toMatchObject({ code: "terraform" });
    await expect(terraformVersion()).rejects.toThrow(message);
  });

  test("none: the message says what to install", async () => {
    process.env.PATH = at;
    await expect(terraformVersion()).rejects.toThrow(
      /1\.11 or newer is needed; no terraform was found on PATH; install/,
    );
  });
});

describe("the provider", () => {
  const unpacked = (folder: string) => {
    const place = join(folder, "registry.terraform.io", "hashicorp", "aws", awsProvider.version, platform);
    mkdirSync(place, { recursive: true });
    writeFileSync(join(place, `terraform-provider-aws_v${awsProvider.version}_x5`), "");
  };

  test("is the version that @cdktf/provider-aws pins", () => {
    const packageFile = createRequire(__filename).resolve("@cdktf/provider-aws/package.json");
    const { cdktf } = JSON.parse(readFileSync(packageFile, "utf8"));
    expect(cdktf.provider).toEqual({
      name: `registry.terraform.io/${awsProvider.source}`,
      version: awsProvider.version,
    });
  });

  test("is found unpacked and packed, not in another version or for another machine", () => {
    unpacked(join(at, "unpacked"));
    expect(holdsProvider(join(at, "unpacked"), awsProvider)).toBe(true);
    expect(holdsProvider(join(at, "unpacked"), { ...awsProvider, version: "5.99.0" })).toBe(false);
    const packed = join(at, "packed", "registry.terraform.io", "hashicorp", "aws");
    mkdirSync(packed, { recursive: true });
    writeFileSync(join(packed, `terraform-provider-aws_${awsProvider.version}_plan9_mips.zip`), "");
    expect(holdsProvider(join(at, "packed"), awsProvider)).toBe(false);
    writeFileSync(join(packed, `terraform-provider-aws_${awsProvider.version}_${platform}.zip`), "");
    expect(holdsProvider(join(at, "packed"), awsProvider)).toBe(true);
    expect(holdsProvider(join(at, "nowhere"), awsProvider)).toBe(false);
  });

  test("is looked for in Terraform's implied directories, then one level under the given folders", () => {
    mkdirSync(join(at, "opt", "mirror"), { recursive: true });
    const folders = mirrorFolders({
      home: "/home/me",
      dataHome: "",
      dataDirs: "/data",
      parents: [join(at, "opt")],
    });
    expect(folders[0]).toBe("/home/me/.terraform.d/plugins");
    expect(folders.at(-1)).toBe(join(at, "opt", "mirror"));
  });

  test("comes from TF_PROVIDER_MIRROR before anything else, and the CLI configuration says so", async () => {
    fakeTerraform(answer("1.11.4"), "exit 1");
    unpacked(join(at, "mine"));
    process.env.TF_PROVIDER_MIRROR = join(at, "mine");
    const found = await findTerraform({ folder: join(at, "run"), store: join(at, "store") });
    expect(found.providersFrom).toContain("TF_PROVIDER_MIRROR");
    expect(readFileSync(found.cliConfig, "utf8")).toContain(`path    = "${join(at, "mine")}"`);
  });

  test("a TF_PROVIDER_MIRROR that lacks it is an error, not a reason to look elsewhere", async () => {
    fakeTerraform(answer("1.11.4"));
    process.env.TF_PROVIDER_MIRROR = join(at, "empty");
    const refused = findTerraform({ folder: join(at, "run"), store: join(at, "store") });
    await expect(refused).rejects.toMatchObject({ code: "provider" });
    await expect(refused).rejects.toThrow(/which lacks it/);
  });

  test("is fetched once by the reader's own Terraform and kept for later runs", async () => {
    delete process.env.TF_PROVIDER_MIRROR;
    const inside = `registry.terraform.io/hashicorp/aws/${awsProvider.version}/${platform}`;
    const program = `terraform-provider-aws_v${awsProvider.version}_x5`;
    fakeTerraform(
      answer("1.11.4"),
      `mkdir -p "$TF_PLUGIN_CACHE_DIR/${inside}" && touch "$TF_PLUGIN_CACHE_DIR/${inside}/${program}"`,
    );
    const options = { folder: join(at, "run"), store: join(at, "store") };
    expect((await findTerraform(options)).providersFrom).toContain("registry or mirror");
    fakeTerraform(answer("1.11.4"), "exit 1");
    expect((await findTerraform(options)).providersFrom).toContain("earlier run");
  });

  test("nowhere: the message gives Terraform's reason and the way out", async () => {
    delete process.env.TF_PROVIDER_MIRROR;
    fakeTerraform(answer("1.11.4"), "echo '│ Error: no such host' >&2; exit 1");
    const providers = [{ source: "hashicorp/aws", version: "0.0.1" }];
    const refused = findTerraform({ folder: join(at, "run"), store: join(at, "store"), providers });
    await expect(refused).rejects.toThrow(
      /no Terraform provider: hashicorp\/aws 0\.0\.1 .*no such host[\s\S]*TF_PROVIDER_MIRROR=FOLDER/,
    );
  });
});

describe("the environment of Terraform", () => {
  test("knows the embedded AWS and nothing of the reader's own", () => {
    Object.assign(process.env, {
      AWS_PROFILE: "mine",
      AWS_SESSION_TOKEN: "mine",
      HTTPS_PROXY: "http://proxy",
    });
    const environment = terraformEnvironment({
      aws: { endpoint: "https://127.0.0.1:1", ca: "/run/ca.pem" },
      terraform: { cliConfig: "/run/terraform.tfrc" },
      region: "eu-west-2",
    });
    expect(environment).toMatchObject({
      AWS_ENDPOINT_URL: "https://127.0.0.1:1",
      AWS_CA_BUNDLE: "/run/ca.pem",
      AWS_ACCESS_KEY_ID: "333333333333",
      AWS_SHARED_CREDENTIALS_FILE: "/dev/null",
      TF_CLI_CONFIG_FILE: "/run/terraform.tfrc",
      CHECKPOINT_DISABLE: "1",
      CI: "true",
    });
    for (const name of ["AWS_PROFILE", "AWS_SESSION_TOKEN", "HTTPS_PROXY"])
      expect(environment[name]).toBeUndefined();
  });
});
