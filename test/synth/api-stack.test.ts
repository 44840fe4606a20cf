/** What the API stack promises, attribute by attribute, for every committed environment. */

import { environment } from "#config/environment.ts";
import { local } from "#config/environments/local/index.ts";
import { environments } from "#config/environments.ts";
import { problems } from "#contract/problems.ts";
import { at, committedStack, insideStack, type Json, resources, synthesize } from "./synthesized.ts";

const rows = environments.flatMap((one) =>
  one.apis.map((api) => ({
    name: `${one.name}-${api.name}`,
    one,
    api,
    stack: committedStack(`${one.name}-${api.name}`).json,
  })),
);

describe.each(rows)("$name", ({ one, api, stack }) => {
  test("the REST API is regional and closed but for its domain", () => {
    expect(at(stack, "aws_api_gateway_rest_api", "rest-api")).toMatchObject({
      name: `cloud-app-${api.name}`,
      disable_execute_api_endpoint: true,
      endpoint_configuration: { types: ["REGIONAL"] },
    });
  });

  test("the domain pins truststore and version from the CA's outputs (I12)", () => {
    const state = "${data.terraform_remote_state.trust_state_349F5AA5.outputs";
    expect(at(stack, "aws_api_gateway_domain_name", "domain/domain")).toMatchObject({
      domain_name: api.domain,
      security_policy: "TLS_1_2",
      mutual_tls_authentication: {
        truststore_uri: `${state}.truststore_uri}`,
        truststore_version: `${state}.truststore_version}`,
      },
    });
  });

  test("the CA's state is read with the read-only role, and with nothing else (I11)", () => {
    expect(Object.values(stack.data.terraform_remote_state)).toEqual([
      {
        backend: "s3",
        config: {
          bucket: one.ca.state.bucket,
          region: one.ca.state.region,
          key: `${one.name}-ca.tfstate`,
          assume_role: { role_arn: `arn:aws:iam::${one.ca.account}:role/${one.name}-ca-state-reader` },
        },
      },
    ]);
  });

  test("the authorizer caches nothing and asks for no identity source", () => {
    expect(at(stack, "aws_api_gateway_authorizer", "authorizer/authorizer")).toMatchObject({
      type: "REQUEST",
      authorizer_result_ttl_in_seconds: 0,
      identity_source: "",
    });
  });

  test("the authorizer knows API, stage, domain, and its policy by version and hash", () => {
    const { variables } = at(stack, "aws_lambda_function", "authorizer/function/function").environment;
    const object = resources(stack, "aws_s3_object")[0]?.address;
    expect(variables).toEqual({
      API_ID: `\${aws_api_gateway_rest_api.rest-api.id}`,
      STAGE: api.stage,
      DOMAIN_NAME: api.domain,
      POLICY_BUCKET: expect.stringMatching(/^\$\{aws_s3_bucket\./),
      POLICY_KEY: "authorizer-policy.json",
      POLICY_VERSION: `\${${object}.version_id}`,
      POLICY_SHA256: `\${sha256(${object}.content)}`,
    });
  });

  test("every method asks the authorizer", () => {
    for (const { attributes } of resources(stack, "aws_api_gateway_method"))
      expect(attributes).toMatchObject({
        authorization: "CUSTOM",
        authorizer_id: expect.stringMatching(/^\$\{aws_api_gateway_authorizer\./),
      });
  });

  test("server certificate by DNS; the name is a CNAME to the domain's regional name", () => {
    expect(at(stack, "aws_acm_certificate", "domain/certificate")).toMatchObject({
      domain_name: api.domain,
      validation_method: "DNS",
    });
    expect(at(stack, "aws_route53_record", "domain/record")).toMatchObject({
      name: api.domain,
      type: "CNAME",
      records: [expect.stringMatching(/^\$\{aws_api_gateway_domain_name\..*\.regional_domain_name\}$/)],
    });
  });

  test("errors are logged, payloads are not", () => {
    expect(at(stack, "aws_api_gateway_method_settings", "stage/settings")).toMatchObject({
      method_path: "*/*",
      settings: { data_trace_enabled: false, logging_level: "ERROR" },
    });
    expect(at(stack, "aws_api_gateway_stage", "stage/stage").xray_tracing_enabled).toBe(false);
  });

  test("state is encrypted, locked and reached through the deploy role only", () => {
    expect(stack.terraform.backend.s3).toEqual({
      bucket: api.state.bucket,
      key: `${one.name}-${api.name}.tfstate`,
      region: api.state.region,
      encrypt: true,
      use_lockfile: true,
      assume_role: { role_arn: `arn:aws:iam::${api.account}:role/mtls-api-${one.name}-deploy` },
    });
    expect(stack.terraform.required_version).toBe(">= 1.11.0");
    expect(stack.terraform.required_providers.aws.version).toBe("5.100.0");
  });

  test("Terraform works through the deploy role, or through the plan role when it is told so, and no other", () => {
    const { variable, provider } = stack;
    const role = (account: string | undefined, name: string) => [
      { role_arn: `arn:aws:iam::${account}:role/mtls-api-${one.name}-${name}\${var.access}` },
    ];
    expect(variable.access).toMatchObject({ type: "string", default: "deploy", nullable: false });
    expect(variable.access.validation).toMatchObject([
      { condition: `\${contains(["deploy","plan"], var.access)}` },
    ]);
    const zone = api.zone.account;
    expect(provider.aws).toMatchObject([
      { allowed_account_ids: [api.account], assume_role: role(api.account, ""), region: api.region },
      ...(zone
        ? [
            {
              alias: "zone",
              allowed_account_ids: [zone],
              assume_role: role(zone, "zone-"),
              region: api.region,
            },
          ]
        : []),
    ]);
  });

  test("the zone and its records are the zone's account's, where that is another; nothing else is", () => {
    const inZone = ["aws_route53_record", "aws_route53_zone"];
    const blocks = [
      ...Object.entries<Record<string, Json>>(stack.resource),
      ...Object.entries<Record<string, Json>>(stack.data),
    ].flatMap(([type, byName]) =>
      Object.values(byName)
        // The private edge's zone is the API account's own.
        .filter((attributes) => !insideStack(attributes).startsWith("private-edge/"))
        .map((attributes) => [type, attributes.provider]),
    );
    expect(blocks.filter(([type]) => inZone.includes(type)).length).toBeGreaterThan(2);
    for (const [type, provider] of blocks)
      expect([type, provider]).toEqual([
        type,
        api.zone.account && inZone.includes(type) ? "aws.zone" : undefined,
      ]);
  });
});

describe("access log", () => {
  const { format } = at(
    committedStack("local-api").json,
    "aws_api_gateway_stage",
    "stage/stage",
  ).access_log_settings;

  test("holds every field of the client certificate but the certificate, and fits in 3 KB", () => {
    for (const field of ["subjectDN", "issuerDN", "serialNumber", "validity.notBefore", "validity.notAfter"])
      expect(format).toContain(`"$context.identity.clientCert.${field}"`);
    for (const field of [
      "requestId",
      "status",
      "tlsVersion",
      "cipherSuite",
      "authorizer.code",
      "authorizer.step",
    ])
      expect(format).toContain(`"$context.${field}"`);
    expect(format).not.toContain("clientCertPem");
    expect(Buffer.byteLength(format)).toBeLessThan(3072);
  });

  test("is one line of JSON without anything that a caller writes: no path, no header, no query", () => {
    expect(() => JSON.parse(format)).not.toThrow();
    expect(format).not.toMatch(/\n|context\.path|requestOverride|userAgent|querystring/);
  });
});

const interactionId = {
  "gatewayresponse.header.x-fapi-interaction-id": "method.request.header.x-fapi-interaction-id",
};
const fromItsPages = {
  "gatewayresponse.header.Access-Control-Allow-Credentials": "'true'",
  "gatewayresponse.header.Access-Control-Allow-Origin": "'https://app.local.example.com'",
};

describe("gateway responses", () => {
  const stack = committedStack("local-api").json;
  const responses = resources(stack, "aws_api_gateway_gateway_response").map(({ attributes }) => attributes);

  test.each([
    ["UNAUTHORIZED", "401"],
    ["ACCESS_DENIED", "403"],
    ["AUTHORIZER_FAILURE", "500"],
    ["AUTHORIZER_CONFIGURATION_ERROR", "500"],
  ])("%s answers %s with message, code and request id", (type, status) => {
    const one = responses.find(({ response_type }: Json) => response_type === type);
    expect(one.status_code).toBe(status);
    const body = JSON.parse(one.response_templates["application/json"]);
    expect(Object.keys(body)).toEqual(["message", "code", "requestId"]);
    expect(body.requestId).toBe("$context.requestId");
  });

  test("a fault tells nothing", () => {
    for (const one of responses.filter(({ status_code }: Json) => status_code >= "500"))
      expect(JSON.stringify(one)).not.toContain("$context.authorizer");
  });

  test("a 401 has no authorizer context: AWS gives it none", () => {
    const one = responses.find(({ response_type }: Json) => response_type === "UNAUTHORIZED");
    expect(JSON.stringify(one)).not.toContain("$context.authorizer");
    expect(one.response_parameters).toEqual({
      "gatewayresponse.header.WWW-Authenticate": `'Bearer error="invalid_token"'`,
      ...interactionId,
      ...fromItsPages,
    });
  });

  test("a 403 of the authorizer sends its challenge", () => {
    const one = responses.find(({ response_type }: Json) => response_type === "ACCESS_DENIED");
    expect(one.response_parameters).toEqual({
      "gatewayresponse.header.WWW-Authenticate": "context.authorizer.challenge",
      ...interactionId,
      ...fromItsPages,
    });
  });

  test("every answer repeats the caller's interaction id", () => {
    for (const one of responses) expect(one.response_parameters).toMatchObject(interactionId);
  });

  test("what the authorizer puts into a body is safe inside a JSON string", () => {
    for (const [code, { message }] of Object.entries(problems)) {
      expect(code).toMatch(/^[a-z0-9-]+$/);
      expect(JSON.stringify(message)).toBe(`"${message}"`);
      expect(message).toMatch(/^[ -~]*$/);
    }
  });
});

test("policy data: references stay JSON, literals stay literal", () => {
  const hostile = String.raw`back\slash "quote" %%percent $dollar`;
  const one = environment({
    ...(structuredClone(local) as never as Parameters<typeof environment>[0]),
    apis: [
      {
        ...(structuredClone(local.apis[0]) as never as Parameters<typeof environment>[0]["apis"][number]),
        authorizer: { rules: [{ name: "all", routes: "all", subject: { OU: { equals: hostile } } }] },
      },
    ],
  });
  const stack = synthesize([one]).find(({ kind }) => kind === "api")?.json;
  const { content } = at(stack, "aws_s3_object", "authorizer/policy-object");
  const rendered = JSON.parse(
    content.replace(
      /\$\{jsonencode\((?:data\.terraform_remote_state\.\w+\.outputs|aws_kms_key\.[\w-]+)\.(\w+)\)\}/g,
      (_all: string, name: string) => JSON.stringify(name === "issuers" ? [{ generation: "g1" }] : name),
    ),
  );
  expect(rendered).toEqual({
    truststore: {
      bucket: "external_bucket",
      region: "external_bucket_region",
      key: "truststore.pem",
      version: "truststore_version",
      sha256: "truststore_sha256",
    },
    issuers: [{ generation: "g1" }],
    revocation: {
      issuingMaxAgeSeconds: 240,
      rootMaxAgeSeconds: 7_776_000,
      refreshSeconds: 5,
      maxOutageSeconds: 60,
    },
    rules: [
      {
        name: "all",
        routes: "all",
        subject: { OU: { equals: hostile } },
        // Of the shared plan: the environment counts its clients.
        usageKey: expect.stringMatching(/^[0-9a-f]{64}$/),
      },
    ],
    backend: {
      keyArn: "arn",
      keyId: "key_id",
      issuer: "https://api.local.example.com",
      audience: "https://pets.local.example.com",
    },
  });
});

test("an API without a backend has no route to one, no key, no JWKS", () => {
  const [{ backend: _, ...api }] = structuredClone(local.apis) as never as [Record<string, unknown>];
  const one = environment({ ...(structuredClone(local) as object), apis: [api] } as never);
  const stack = synthesize([one]).find(({ kind }) => kind === "api")?.json;
  const integrations = Object.values(stack.resource.aws_api_gateway_integration) as Json[];
  expect(new Set(integrations.map(({ type }) => type))).toEqual(new Set(["AWS_PROXY", "MOCK"]));
  const backendKeys = Object.keys(stack.resource.aws_kms_key ?? {}).filter((name) =>
    name.startsWith("backend"),
  );
  expect(backendKeys).toEqual([]);
  expect(stack.output).not.toHaveProperty("backend-jwks");
});

test("while keys are exchanged both are published, and only the active one signs", () => {
  const [api] = structuredClone(local.apis) as never as [Record<string, object>];
  const keys = [
    { id: "k1", status: "published" },
    { id: "k2", status: "active" },
  ];
  const one = environment({
    ...(structuredClone(local) as object),
    apis: [{ ...api, backend: { ...api.backend, keys } }],
  } as never);
  const stack = synthesize([one]).find(({ kind }) => kind === "api")?.json;
  const jwks = at(stack, "aws_s3_object", "backend-keys/jwks-object").content;
  expect(jwks.match(/"kid":"\$\{aws_kms_key\.backend-keys_(k\d)_/g)).toHaveLength(2);
  expect(at(stack, "aws_s3_object", "authorizer/policy-object").content).toMatch(
    /"keyArn":\$\{jsonencode\(aws_kms_key\.backend-keys_k2_/,
  );
  const sids = (key: string) =>
    at(stack, "aws_iam_policy_document", `backend-keys/${key}-policy`).statement.map(({ sid }: Json) => sid);
  expect(sids("k1")).toEqual(["Administration", "NobodySigns"]);
  expect(sids("k2")).toEqual(["Administration", "SignDigests", "NobodyElseSigns"]);
});
