/** Committed Terraform is the same on every machine and reaches nothing but AWS: no absolute path, no loopback, no plain http. */
import { schemaDialect } from "#contract/request-rules.ts";
import { userDataHead } from "#edge/instance/user-data.ts";
import { at, type Json } from "../synthesized.ts";
import type { Rule } from "./rule.ts";

const forbidden =
  /localhost|127\.0\.0\.1|\[::1\]|(?<![\d.])0\.0\.0\.0|http:\/\/|(?<![\w}.:/-])\/(home|root|tmp|Users|usr|opt|work|var)\/|[A-Z]:\\\\/;

export const nothingOfThisMachine: Rule = {
  name: "nothing of this machine",
  check: ({ json }) =>
    strings(withoutAddressLists(json))
      .filter((text) => forbidden.test(withoutInstancePaths(text).replace(schemaDialect, "")))
      .map((text) => `"${text}"`),
  controls: [
    {
      defect: "a bundle by its absolute path",
      kind: "api",
      make: (json) => {
        at(json, "aws_lambda_function", "authorizer/function/function").filename =
          "/home/somebody/build/lambdas/authorizer.zip";
      },
    },
    {
      defect: "an endpoint of the embedded AWS",
      kind: "ca",
      make: (json) => {
        json.provider.aws[0].endpoints = [{ s3: "http://127.0.0.1:4566" }];
      },
    },
  ],
};

/** User data is full of paths: those of an instance, which are the same on each. */
const withoutInstancePaths = (text: string): string =>
  text.startsWith(userDataHead)
    ? text.replace(
        /(?<![\w}.:/-])\/(usr\/(local\/lib\/mtls-edge|bin|sbin)|var\/(log|lib)\/mtls-edge|opt\/aws)\b/g,
        "",
      )
    : text;

/** Who may call is configuration: on AWS no request comes from a loopback address. */
function withoutAddressLists(json: Json): Json {
  const { aws_wafv2_ip_set: _, ...resource } = json.resource ?? {};
  return { ...json, resource };
}

function strings(value: Json): string[] {
  if (typeof value === "string") return [value];
  if (typeof value !== "object" || value === null) return [];
  return Object.values(value).flatMap(strings);
}
