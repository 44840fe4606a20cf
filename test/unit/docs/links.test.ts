/** What the documentation points at is there: files, headings, commands. */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";

const root = resolve(__dirname, "../../..");
const markdownIn = (folder: string): string[] =>
  readdirSync(join(root, folder), { withFileTypes: true })
    .filter((one) => one.isDirectory() || one.name.endsWith(".md"))
    .flatMap((one) => {
      const path = join(folder, one.name);
      return one.isDirectory() ? (folder === "." ? [] : markdownIn(path)) : [path];
    });
const pages = [...markdownIn("."), ...markdownIn("docs")];
const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));

/** GitHub's anchors: lower case, letters, digits and hyphens. */
function anchors(path: string): readonly string[] {
  const headings = readFileSync(path, "utf8").match(/^#+ .+$/gm) ?? [];
  return headings.map((one) =>
    one
      .replace(/^#+ /, "")
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-"),
  );
}

function broken(page: string, text: string): readonly string[] {
  const prose = text.replace(/^```[\s\S]*?^```/gm, "");
  const links = [...prose.matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, to = ""]) => to)
    .filter((to) => !/^\w+:/.test(to));
  const dead = links.filter((to) => {
    const [file = "", anchor] = to.split("#");
    const path = file ? resolve(root, dirname(page), file) : join(root, page);
    if (!existsSync(path)) return true;
    return anchor !== undefined && statSync(path).isFile() && !anchors(path).includes(anchor);
  });
  const commands = [...text.matchAll(/\bnpm run (?:-s )?([a-z][\w-]*)/g)].map(([, name = ""]) => name);
  return [...dead, ...commands.filter((name) => !(name in scripts)).map((name) => `npm run ${name}`)];
}

test.each(pages)("%s points at nothing that is not there", (page) => {
  expect(broken(page, readFileSync(join(root, page), "utf8"))).toEqual([]);
});

test("what is not there would be found", () => {
  const text =
    "[a](no-such.md) [b](README.md#no-such-heading) [c](README.md) `npm run nothing` [d](https://example.com)";
  expect(broken("x.md", text)).toEqual(["no-such.md", "README.md#no-such-heading", "npm run nothing"]);
});

test("every page of docs is reached from the README, by itself or by another page", () => {
  const reached = new Set(["README.md"]);
  for (const page of reached) {
    const text = readFileSync(join(root, page), "utf8");
    for (const [, to = ""] of text.matchAll(/\]\(([^)\s#]+\.md)/g))
      reached.add(relative(root, resolve(root, dirname(page), to)));
  }
  const decisions = (page: string) => page.startsWith(join("docs", "decisions"));
  expect(pages.filter((page) => !reached.has(page) && !decisions(page) && page.startsWith("docs"))).toEqual(
    [],
  );
});
