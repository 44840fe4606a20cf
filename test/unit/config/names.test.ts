/** Names that AWS limits stay inside the limits for every environment that the schema accepts. */

import { functionEnvironment, isRouteFunction, readEnvironment } from "#contract/function-environment.ts";
import {
  apiFunctionName,
  caFunctionName,
  caFunctions,
  externalBucketName,
  ledgerName,
  policyBucketName,
  roleNames,
} from "#contract/names.ts";
import { changed } from "./sample.ts";

test("the longest names that are accepted together fit everywhere", () => {
  const [environment, api] = ["e".repeat(20), "a".repeat(21)];
  changed((input) => {
    input.name = environment;
    input.apis[0].name = api;
  });
  const account = "111111111111";
  expect(policyBucketName(environment, api, account).length).toBeLessThanOrEqual(63);
  for (const slug of ["authorizer", "api-response"])
    expect(apiFunctionName(environment, api, slug).length).toBeLessThanOrEqual(64);
});

test("the longest environment name fits everywhere", () => {
  const environment = "e".repeat(32);
  expect(externalBucketName(environment, "111111111111").length).toBeLessThanOrEqual(63);
  expect(ledgerName(environment).length).toBeLessThanOrEqual(255);
  for (const name of [
    roleNames.deploy(environment),
    roleNames.plan(environment),
    roleNames.stateReader(environment),
    ...caFunctions.map((slug) => caFunctionName(environment, slug)),
  ])
    expect(name.length).toBeLessThanOrEqual(64);
});

describe("a function's environment", () => {
  const full = Object.fromEntries(functionEnvironment.authorizer.map((name) => [name, "x"]));

  test("is read when every variable is there", () => {
    expect(readEnvironment("authorizer", { ...full, OTHER: "y" })).toEqual(full);
  });
  test.each([undefined, ""])("stops the cold start when variables are %p, and names all of them", (value) => {
    expect(() => readEnvironment("authorizer", { ...full, STAGE: value, API_ID: value })).toThrow(
      "authorizer: environment variables missing: API_ID, STAGE; the stack must set them",
    );
  });
  test("routes have functions without variables only", () => {
    expect(isRouteFunction("api-response")).toBe(true);
    for (const slug of ["authorizer", "ca-issue", "nobody", "toString", "__proto__"])
      expect(isRouteFunction(slug)).toBe(false);
  });
});
