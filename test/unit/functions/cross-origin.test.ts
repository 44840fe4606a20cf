/** Cross-origin requests: what a function adds to its answer, and what a preflight says of its path's rows. */
import { crossOriginOf, preflights } from "#contract/cross-origin.ts";
import { methods, type Route } from "#contract/routes.ts";

test("the API's one origin, by name, and with credentials", () => {
  expect(crossOriginOf({ stageVariables: { crossOrigin: "https://app.example.com" } })).toEqual({
    "Access-Control-Allow-Origin": "https://app.example.com",
    "Access-Control-Allow-Credentials": "true",
  });
});

test.each<[string, unknown]>([
  ["no event", undefined],
  ["no variables", { stageVariables: null }],
  ["other variables", { stageVariables: { other: "https://app.example.com" } }],
  ["an empty origin", { stageVariables: { crossOrigin: "" } }],
  ["an origin that is no text", { stageVariables: { crossOrigin: ["https://app.example.com"] } }],
  ["the page's own origin alone", { headers: { Origin: "https://evil.example.com" } }],
])("%s: nothing is added", (_, event) => {
  expect(crossOriginOf(event)).toEqual({});
});

test("one preflight a path: the methods and headers of all rows that ask, remembered as long as the shortest", () => {
  const row = (method: Route["method"], headers: string[], maxAgeSeconds: number): Route => ({
    ...{ method, path: "/pets", summary: "Pets", backend: "/pets", tokens: "none", scopes: "none" },
    ...{ timeoutMilliseconds: 1000, cors: { headers, maxAgeSeconds } },
  });
  const silent: Route = { ...row("DELETE", [], 0), cors: undefined } as never;
  const [one, ...others] = preflights(
    [row("GET", ["x-a"], 600), row("POST", ["x-a", "x-b"], 60), silent],
    methods,
  );
  expect(others).toEqual([]);
  expect(one).toMatchObject({ method: "OPTIONS", path: "/pets", tokens: "none", scopes: "none" });
  expect(one?.mock).toEqual({
    status: 204,
    headers: {
      "Access-Control-Allow-Methods": "GET, POST",
      "Access-Control-Allow-Headers": "x-a, x-b",
      "Access-Control-Max-Age": "60",
    },
  });
});

test("a row for any method allows each but the preflight's own", () => {
  const any: Route = {
    ...{ method: "ANY", path: "/pets", summary: "Pets", backend: "/pets", tokens: "none", scopes: "none" },
    ...{ timeoutMilliseconds: 1000, cors: { headers: [], maxAgeSeconds: 1 } },
  };
  expect(preflights([any], methods)[0]?.mock?.headers).toEqual({
    "Access-Control-Allow-Methods": "GET, POST, PUT, PATCH, DELETE, HEAD",
    "Access-Control-Max-Age": "1",
  });
});
