import { parseEdgeSettings } from "#contract/private-edge.ts";
import { sampleSettings, tokenEndpoint } from "./settings.ts";

type Path = readonly (string | number)[];

/** The sample with one value replaced; `undefined` removes it. */
function changed(path: Path, value: unknown): string {
  const copy = structuredClone({ ...sampleSettings, tokenEndpoint }) as unknown;
  let at = copy as Record<string | number, unknown>;
  for (const key of path.slice(0, -1)) at = at[key] as Record<string | number, unknown>;
  at[path.at(-1) as string] = value;
  return JSON.stringify(copy);
}

test("settings are read as they were written, with a token endpoint and without", () => {
  expect(parseEdgeSettings(JSON.stringify(sampleSettings))).toEqual(sampleSettings);
  const both = { ...sampleSettings, tokenEndpoint };
  expect(parseEdgeSettings(JSON.stringify(both))).toEqual(both);
});

test.each<[string, Path, unknown]>([
  ["an unknown key", ["allowEverybody"], true],
  ["an unknown key below", ["limits", "none"], 1],
  ["an unknown key of the upstream", ["upstream", "verify"], false],
  ["a missing list of issuers", ["issuers"], undefined],
  ["no issuers", ["issuers"], []],
  ["no names", ["serverNames"], []],
  ["a wildcard", ["serverNames"], ["*.example.com"]],
  ["a name that is a directive", ["serverNames"], ["a.example.com; return 200"]],
  ["a name with a line break", ["serverNames"], ["a.example.com\nreturn 200;"]],
  ["a name with a variable", ["serverNames"], ["$host"]],
  ["capitals in a name", ["serverNames"], ["A.example.com"]],
  ["an upstream's address with a path", ["upstream", "address"], "example.com/x"],
  ["an upstream's host with a quote", ["upstream", "host"], 'a"b'],
  ["a path prefix without a slash", ["upstream", "pathPrefix"], "dev"],
  ["a path prefix that leads up", ["upstream", "pathPrefix"], "/.."],
  ["a path prefix with a variable", ["upstream", "pathPrefix"], "/$uri"],
  ["a path prefix that ends in a slash", ["upstream", "pathPrefix"], "/dev/"],
  ["a port of 0", ["port"], 0],
  ["a port that is text", ["port"], "443"],
  ["a port above all", ["tokenEndpoint", "port"], 65_536],
  ["half a second", ["limits", "clientSeconds"], 0.5],
  ["no limit", ["limits", "bodyBytes"], 0],
  ["no maximal age", ["maxAge", "issuingSeconds"], undefined],
  ["an endless maximal age", ["maxAge", "rootSeconds"], 1e12],
  ["no keep-alive limit", ["limits", "keepAlive", "totalSeconds"], 0],
  ["a truststore without version", ["truststore", "version"], ""],
  ["a region that is none", ["region"], "eu-west-2.evil.example"],
  ["a token endpoint that is true", ["tokenEndpoint"], true],
])("%s is refused", (_, path, value) => {
  expect(() => parseEdgeSettings(changed(path, value))).toThrow(/^settings.*: got .*; allowed: /s);
});

test.each(["", "null", "[]", "{}", "7", "{"])("the text %j is refused", (text) => {
  expect(() => parseEdgeSettings(text)).toThrow();
});
