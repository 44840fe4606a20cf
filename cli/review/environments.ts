/** Which stacks belong together, and what of them is worth a picture. */
import { picture } from "./picture.ts";
import type { Review } from "./review.ts";
import type { Stack } from "./stack.ts";

/** One picture for each environment that changes; the same picture once. At most three are shown. */
export function pictures(
  review: Review,
  before: readonly Stack[],
  after: readonly Stack[],
): readonly string[] {
  const touched = review.stacks
    .filter(({ status }) => status !== "same")
    .map(({ name }) => name)
    .filter(hasPicture);
  const all = [...new Set([...before, ...after].map(({ name }) => name))].filter(hasPicture);
  const environments = [...new Set(touched.map((name) => environmentOf(name, all)))];
  const drawn = environments.map((environment) => {
    const names = all.filter((name) => environmentOf(name, all) === environment).sort(caFirst);
    const pairs = names.map((name) => [find(before, name), find(after, name)] as const);
    return `<details><summary>Picture of ${environment}</summary>\n\n\`\`\`mermaid\n${picture(pairs)}\n\`\`\`\n\n</details>`;
  });
  const rest =
    drawn.length > mostPictures
      ? [`_${drawn.length - mostPictures} more environments change; their pictures are left out._`]
      : [];
  return [...drawn.slice(0, mostPictures), ...rest];
}

/** An account's foundation is roles only: who may assume which is said in words. */
const hasPicture = (name: string): boolean => !name.startsWith("foundation-");

const mostPictures = 3;
const find = (stacks: readonly Stack[], name: string) => stacks.find((one) => one.name === name);
const caFirst = (a: string, b: string) =>
  Number(b.endsWith("-ca")) - Number(a.endsWith("-ca")) || (a < b ? -1 : 1);

/** `<environment>-ca` and `<environment>-<api>`: no environment is another's name plus `-…`. */
function environmentOf(name: string, all: readonly string[]): string {
  const cas = all.filter((one) => one.endsWith("-ca")).map((one) => one.slice(0, -"-ca".length));
  return cas.find((environment) => name.startsWith(`${environment}-`)) ?? name;
}
