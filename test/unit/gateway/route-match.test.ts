/** Which route a request reaches: exact, then `{param}`, then `{proxy+}`; a method before ANY. */
import { matchRoute } from "#local/gateway/route-match.ts";
import { method } from "./support/deployed.ts";

const resource = (path: string, ...methods: string[]) => ({
  id: path,
  path,
  methods: methods.map((name) => method(name)),
});
const resources = [
  resource("/", "GET"),
  resource("/api", "POST"),
  resource("/pets", "GET", "ANY"),
  resource("/pets/{petId}", "GET"),
  resource("/pets/mine", "GET"),
  resource("/pets/{petId}/toys/{toyId}", "GET"),
  resource("/files/{path+}", "GET"),
  resource("/files/index", "GET"),
  resource("/files/{dir}/list", "GET"),
  resource("/empty"),
];

const find = (httpMethod: string, path: string) => {
  const match = matchRoute(resources, httpMethod, path);
  return "missing" in match
    ? match.missing
    : [match.method.httpMethod, match.resource.path, match.pathParameters];
};

test.each([
  ["GET", "/", ["GET", "/", {}]],
  ["POST", "/api", ["POST", "/api", {}]],
  ["GET", "/pets", ["GET", "/pets", {}]],
  ["DELETE", "/pets", ["ANY", "/pets", {}]],
  ["GET", "/pets/7", ["GET", "/pets/{petId}", { petId: "7" }]],
  ["GET", "/pets/mine", ["GET", "/pets/mine", {}]],
  ["GET", "/pets/7/toys/ball", ["GET", "/pets/{petId}/toys/{toyId}", { petId: "7", toyId: "ball" }]],
  ["GET", "/pets/a%20b", ["GET", "/pets/{petId}", { petId: "a b" }]],
  ["GET", "/pets/a%2Fb", ["GET", "/pets/{petId}", { petId: "a/b" }]],
  ["GET", "/pets/*", ["GET", "/pets/{petId}", { petId: "*" }]],
  ["GET", "/files/a/b/c", ["GET", "/files/{path+}", { path: "a/b/c" }]],
  ["GET", "/files/index", ["GET", "/files/index", {}]],
  ["GET", "/files/a/list", ["GET", "/files/{dir}/list", { dir: "a" }]],
  ["GET", "/files/index/list", ["GET", "/files/{dir}/list", { dir: "index" }]],
])("%s %s → %j", (httpMethod, path, expected) => {
  expect(find(httpMethod, path)).toEqual(expected);
});

test.each([
  ["GET", "/nowhere", "resource"],
  ["GET", "/api", "method"],
  ["GET", "/empty", "method"],
  ["POST", "/api/", "resource"],
  ["POST", "//api", "resource"],
  ["POST", "/api/..", "resource"],
  ["POST", "/x/../api", "resource"],
  ["POST", "/./api", "resource"],
  ["POST", "/API", "resource"],
  ["POST", "/%61pi", "resource"],
  ["POST", "/api%2F", "resource"],
  ["POST", "/api;x=1", "resource"],
  ["POST", "/{api}", "resource"],
  ["GET", "/pets/", "resource"],
  ["GET", "/files", "resource"],
  ["GET", "/files/", "resource"],
  ["GET", "/pets/%ff", "encoding"],
  ["GET", "/pets/%", "encoding"],
  ["post", "/api", "method"],
])("%s %s is no route (%s)", (httpMethod, path, expected) => {
  expect(find(httpMethod, path)).toBe(expected);
});

test("dots in a greedy parameter stay what they are", () => {
  expect(find("GET", "/files/../../secret")).toEqual(["GET", "/files/{path+}", { path: "../../secret" }]);
});
