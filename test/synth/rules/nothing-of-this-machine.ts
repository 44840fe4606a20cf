/** Committed Terraform is the same on every machine and reaches nothing but AWS: no absolute path, no loopback, no plain http. */
import { schemaDialect } from "#contract/request-rules.ts";
import { at, type Json } from "../synthesized.ts";
import type { Rule } from "./rule.ts";

const forbidden =
  /localhost|127\.0\.0\.1|\[::1\]|0\.0\.0\.0|http:\/\/|(?<![\w}.:/-])\/(home|root|tmp|Users|usr|opt|work|var)\/|[A-Z]:\\\\/;

export const nothingOfThisMachine: Rule = {
  name: "nothing of this machine",
  check: ({ json }) =>
    strings(withoutAddressLists(json))
      .filter((text) => forbidden.test(text.replace(schemaDialect, "")))
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
