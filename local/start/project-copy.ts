/**
 * A copy of the project that one run may change: its configuration (a check adds a CA generation as an operator
 * would, by editing the file) and its `terraform/` folder. The committed tree stays as it is, and two runs at
 * once do not meet.
 */
import { cpSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** What synthesis and the operator's command read; packages are shared by a link. */
const sources = [
  "main.ts",
  "cdktf.json",
  "package.json",
  "package-lock.json",
  "scripts",
  "config",
  "contract",
  "stacks",
  "pki",
  "ca",
  "aws",
  "lambdas",
  "deploy",
  "cli",
  "edge",
];

export class ProjectCopy {
  readonly folder: string;

  constructor(folder: string) {
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    for (const source of sources)
      cpSync(join(process.cwd(), source), join(folder, source), { recursive: true });
    symlinkSync(join(process.cwd(), "node_modules"), join(folder, "node_modules"));
    this.folder = folder;
  }

  /** Adds a file as an operator would, or replaces one. */
  write(file: string, text: string): void {
    const path = join(this.folder, file);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }

  /** Edits one file as an operator would; throws when the text to replace is not there exactly once. */
  edit(file: string, from: string, to: string): void {
    const path = join(this.folder, file);
    const parts = readFileSync(path, "utf8").split(from);
    if (parts.length !== 2)
      throw new Error(`${file}: expected ${JSON.stringify(from)} once, found ${parts.length - 1} times`);
    writeFileSync(path, parts.join(to));
  }
}
