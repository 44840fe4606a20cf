/** An authorizer's policy against the method that was called. */
import { evaluatePolicy } from "#local/gateway/policy-evaluation.ts";

const api = "arn:aws:execute-api:eu-west-2:222222222222:a1";
const called = `${api}/test/GET/pets/7`;
const say = (effect: "Allow" | "Deny", resource: string, action = "execute-api:Invoke") => ({
  effect,
  actions: [action],
  resources: [resource],
});

test.each([
  ["the method itself", [say("Allow", called)], "allow"],
  ["the route's template with a wildcard", [say("Allow", `${api}/test/GET/pets/*`)], "allow"],
  ["the whole API", [say("Allow", `${api}/*`)], "allow"],
  ["any action", [say("Allow", called, "*")], "allow"],
  ["the action in lower case", [say("Allow", called, "execute-api:invoke")], "allow"],
  ["nothing", [], "implicit-deny"],
  ["another method", [say("Allow", `${api}/test/POST/pets/7`)], "implicit-deny"],
  ["another stage", [say("Allow", `${api}/prod/GET/pets/7`)], "implicit-deny"],
  ["a prefix of the path", [say("Allow", `${api}/test/GET/pets`)], "implicit-deny"],
  ["another action", [say("Allow", called, "execute-api:ManageConnections")], "implicit-deny"],
  ["a denial", [say("Deny", called)], "explicit-deny"],
  ["a denial after an Allow", [say("Allow", called), say("Deny", `${api}/*`)], "explicit-deny"],
  ["a denial before an Allow", [say("Deny", `${api}/*`), say("Allow", called)], "explicit-deny"],
  ["a denial of another method", [say("Allow", called), say("Deny", `${api}/test/POST/*`)], "allow"],
])("%s → %s", (_, statements, expected) => {
  expect(evaluatePolicy(statements, called)).toBe(expected);
});

test("a path of the request that holds an asterisk is not a wildcard", () => {
  expect(evaluatePolicy([say("Allow", `${api}/test/GET/pets/7`)], `${api}/test/GET/pets/*`)).toBe(
    "implicit-deny",
  );
});
