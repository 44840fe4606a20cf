/** `ca issue`: key and request made here (or a request given), certificate issued by ca-issue, files written. */
import { Command, InvalidArgumentError, Option } from "commander";
import { parseCsr } from "#pki/csr.ts";
import { formatName, type Name, type NameAttribute } from "#pki/name.ts";
import { decodeOnePem } from "#pki/pem.ts";
import { CommandError, exitCodes, finish, print, printJson, say } from "../terminal.ts";
import { fromWhereTyped, readTyped } from "../where-typed.ts";
import { callAuthority, findAuthority } from "./authority.ts";
import {
  assertWritable,
  type ClientFiles,
  type ClientKeyType,
  keyTypes,
  makeKey,
  makeRequest,
  writeClientFiles,
} from "./client-files.ts";
import { pkcs12Name, readPassword, writePkcs12 } from "./pkcs12.ts";

interface IssueOptions {
  readonly env: string;
  readonly json: boolean;
  readonly profile: string;
  readonly subject: readonly NameAttribute[];
  readonly dns: readonly string[];
  readonly csr?: string;
  readonly keyType: ClientKeyType;
  readonly validSeconds?: number;
  readonly output: string;
  readonly p12: boolean;
  readonly p12PasswordFile?: string;
  readonly force: boolean;
  readonly yes: boolean;
}

export function issueCommand(): Command {
  return new Command("issue")
    .description("issue a client certificate; the key is made here and never leaves this machine")
    .option("--profile <name>", "certificate profile of the environment", "client")
    .option("--subject <type=value>", "subject attribute, e.g. CN=partner-a; may be repeated", attribute, [])
    .option("--dns <name>", "DNS name to ask for; may be repeated", collect, [])
    .option("--csr <file>", "use this request (PEM) instead of making key and request")
    .addOption(new Option("--key-type <type>", "of the key made here").choices(keyTypes).default("P-256"))
    .option("--valid-seconds <n>", "how long from now (default: the profile's longest)", positive)
    .option("--output <folder>", "where the files go", ".")
    .option("--p12", "also write client.p12, for browsers and key stores (needs OpenSSL)", false)
    .option("--p12-password-file <file>", "its first line is the .p12's password (default: asked for)")
    .option("--force", "replace files that are there, a key included", false)
    .option("--yes", "do it; without, only show what would be asked", false)
    .addHelpText(
      "after",
      `
Writes client-key.pem (mode 600), client-cert.pem (the certificate), client-cert.crt (with its issuing
certificate) and client-cert-key.pem (certificate and key, mode 600); with --p12 client.p12 (all three, mode 600).

Example:
  npm run ca -- issue --env dev --subject CN=partner-a --subject OU=Partners --output partner-a --yes`,
    )
    .action((options: IssueOptions) => finish(options.json, () => issue(options)));
}

async function issue(options: IssueOptions): Promise<undefined> {
  const folder = fromWhereTyped(options.output);
  const { csr, key } = request(options);
  const asked = parseCsr(decodeOnePem(csr, "CERTIFICATE REQUEST"));
  const what = `profile ${options.profile}, subject ${formatName(asked.subject)}, key ${asked.publicKey.keyType}`;
  assertWritable(folder, options.force, options.p12 ? [pkcs12Name] : []);
  if (options.p12 && !key)
    throw new CommandError("usage", "--p12 needs the key, which --csr leaves elsewhere", exitCodes.usage);
  if (!options.yes) {
    if (options.json)
      printJson({ dryRun: true, profile: options.profile, subject: formatName(asked.subject), folder });
    else
      print(
        `would ask ${options.env}-ca-issue for a certificate: ${what}\nwould write to ${folder}\nnothing was changed: add --yes`,
      );
    return;
  }
  const password = options.p12 ? await readPassword(options.p12PasswordFile) : undefined;
  const authority = await findAuthority(options.env);
  if (!options.json) say(`asking ${options.env}-ca-issue: ${what} …`);
  const result = await callAuthority(authority, "ca-issue", {
    csr,
    profile: options.profile,
    ...(options.validSeconds === undefined ? {} : { validSeconds: options.validSeconds }),
  });
  const files: ClientFiles = {
    certificate: result.certificate,
    issuingCertificate: result.issuingCertificate,
    ...(key ? { key } : {}),
  };
  const paths = writeClientFiles(folder, files);
  if (password !== undefined)
    paths.push(await writePkcs12(folder, commonNameOf(asked.subject) ?? "client", password));
  const { generation, serial, notAfter } = result;
  if (options.json) printJson({ generation, serial, notAfter, files: paths });
  else
    print(
      `issued: generation ${generation}, serial 0x${serial}, until ${notAfter}\n${paths.map((path) => `  ${path}`).join("\n")}`,
    );
}

function request(options: IssueOptions): { csr: string; key?: ReturnType<typeof makeKey> } {
  if (options.csr !== undefined) {
    if (options.subject.length > 0 || options.dns.length > 0)
      throw new CommandError(
        "usage",
        "--csr brings its own subject and names: leave --subject and --dns out",
        exitCodes.usage,
      );
    return { csr: readTyped(options.csr).toString("latin1") };
  }
  if (options.subject.length === 0)
    throw new CommandError(
      "usage",
      "name the client: --subject CN=… (repeat for OU and others), or give --csr",
      exitCodes.usage,
    );
  const key = makeKey(options.keyType);
  return { key, csr: makeRequest(key, options.subject, options.dns) };
}

const commonNameOf = ({ attributes }: Name): string | undefined =>
  attributes.find((one) => one.type === "CN")?.value;

function attribute(text: string, before: readonly NameAttribute[]): NameAttribute[] {
  const cut = text.indexOf("=");
  if (cut < 1 || cut === text.length - 1)
    throw new InvalidArgumentError(`got "${text}", expected TYPE=value such as CN=partner-a`);
  return [...before, { type: text.slice(0, cut), value: text.slice(cut + 1) }];
}

function collect(text: string, before: readonly string[]): string[] {
  return [...before, text];
}

function positive(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1)
    throw new InvalidArgumentError(`got "${text}", expected a whole number from 1`);
  return value;
}
