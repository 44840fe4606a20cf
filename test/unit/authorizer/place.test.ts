import { place } from "#lambdas/authorizer/steps/place.ts";
import { deployment, requestEvent } from "./fixture.ts";

type Event = ReturnType<typeof requestEvent>;

const good = () => requestEvent("-----BEGIN CERTIFICATE-----");
const context = (changes: Record<string, unknown>) => ({
  ...good(),
  requestContext: { ...good().requestContext, ...changes },
});
const clientCert = (value: unknown) => context({ identity: { sourceIp: "192.0.2.1", clientCert: value } });
const without = (name: keyof Event) => {
  const { [name]: _, ...rest } = good();
  return rest;
};

describe("the step place", () => {
  test("lets a request for a route of ours with a certificate on, and names the route's row", () => {
    expect(place(good(), deployment)).toEqual({
      passed: true,
      found: {
        route: expect.objectContaining({ method: "POST", path: "/api" }),
        certificatePem: "-----BEGIN CERTIFICATE-----",
      },
    });
  });

  test.each([
    ["POST", "/pets", "POST"],
    ["GET", "/pets", "ANY"],
    ["OPTIONS", "/health", "OPTIONS"],
  ])("names the row of %s %s: a method of its own goes before ANY", (httpMethod, resource, method) => {
    expect(place({ ...good(), httpMethod, resource }, deployment)).toMatchObject({
      found: { route: { method, path: resource } },
    });
  });

  test("accepts an event that says payload version 1.0", () => {
    expect(place({ ...good(), version: "1.0" }, deployment).passed).toBe(true);
  });

  test("accepts an event without a domain name, and one in capitals", () => {
    expect(place(context({ domainName: undefined }), deployment).passed).toBe(true);
    expect(place(context({ domainName: "API.dev.example.com" }), deployment).passed).toBe(true);
  });

  test.each([
    ["undefined", undefined, "wrong-api"],
    ["null", null, "wrong-api"],
    ["a string", "REQUEST", "wrong-api"],
    ["a list", [good()], "wrong-api"],
    ["an empty object", {}, "wrong-api"],
    ["a TOKEN authorizer's event", { ...good(), type: "TOKEN" }, "wrong-api"],
    ["an event of payload version 1", { ...good(), version: "1" }, "wrong-api"],
    ["a payload version that is no string", { ...good(), version: 2 }, "wrong-api"],
    ["an event of payload version 2.0", { ...good(), version: "2.0" }, "wrong-api"],
    ["no requestContext", without("requestContext"), "wrong-api"],
    ["requestContext null", { ...good(), requestContext: null }, "wrong-api"],
    ["requestContext a string", { ...good(), requestContext: "a1b2c3d4e5" }, "wrong-api"],
    ["another API", context({ apiId: "zzzzzzzzzz" }), "wrong-api"],
    ["an API id in a list", context({ apiId: ["a1b2c3d4e5"] }), "wrong-api"],
    ["another stage", context({ stage: "prod" }), "wrong-api"],
    ["no stage", context({ stage: undefined }), "wrong-api"],
    [
      "the execute-api address",
      context({ domainName: "a1b2c3d4e5.execute-api.eu-west-2.amazonaws.com" }),
      "wrong-domain",
    ],
    ["a domain name that is no string", context({ domainName: 7 }), "wrong-domain"],
    ["an empty domain name", context({ domainName: "" }), "wrong-domain"],
    ["another method", { ...good(), httpMethod: "GET" }, "unknown-route"],
    ["a method in small letters", { ...good(), httpMethod: "post" }, "unknown-route"],
    ["another resource", { ...good(), resource: "/admin" }, "unknown-route"],
    ["a resource with a trailing slash", { ...good(), resource: "/api/" }, "unknown-route"],
    ["a wildcard for a resource", { ...good(), resource: "/*" }, "unknown-route"],
    ["no resource, though the path is a route", without("resource"), "unknown-route"],
    ["no method", without("httpMethod"), "unknown-route"],
    ["no identity", context({ identity: undefined }), "no-certificate"],
    ["identity null", context({ identity: null }), "no-certificate"],
    ["no clientCert", clientCert(undefined), "no-certificate"],
    ["clientCert a string", clientCert("PEM"), "no-certificate"],
    ["no PEM", clientCert({ subjectDN: "CN=partner-a" }), "no-certificate"],
    ["an empty PEM", clientCert({ clientCertPem: "" }), "no-certificate"],
    ["a PEM of white space", clientCert({ clientCertPem: " \r\n" }), "no-certificate"],
    ["a PEM that is no string", clientCert({ clientCertPem: { pem: 1 } }), "no-certificate"],
    [
      "a certificate of payload version 2",
      { ...clientCert(undefined), authentication: { clientCert: { clientCertPem: "x" } } },
      "no-certificate",
    ],
    [
      "a certificate in a header only",
      { ...clientCert(undefined), headers: { "X-Client-Cert": "x" } },
      "no-certificate",
    ],
    ["a certificate in the prototype", clientCert(Object.create({ clientCertPem: "x" })), "no-certificate"],
  ])("denies %s", (_, event, code) => {
    expect(place(event, deployment)).toMatchObject({ passed: false, code });
  });

  test("does not read the path: one that claims another route changes nothing", () => {
    const outcome = place({ ...good(), path: "/*" }, deployment);
    expect(outcome).toMatchObject({ passed: true, found: { route: { path: "/api" } } });
  });
});
