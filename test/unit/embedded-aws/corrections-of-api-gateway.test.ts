/** What API Gateway answers that Terraform's provider and our gateway read. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  APIGatewayClient,
  CreateBasePathMappingCommand,
  CreateDomainNameCommand,
  CreateRestApiCommand,
  CreateUsagePlanCommand,
  GetBasePathMappingCommand,
  GetDomainNameCommand,
  GetIntegrationCommand,
  GetResourcesCommand,
  GetRestApiCommand,
  GetUsagePlanCommand,
  PutIntegrationCommand,
  PutMethodCommand,
  UpdateDomainNameCommand,
  UpdateIntegrationCommand,
  UpdateRestApiCommand,
} from "@aws-sdk/client-api-gateway";
import type { Connection } from "#aws/connection.ts";
import {
  allow,
  as,
  bucket,
  client,
  other,
  outcome,
  owner,
  put,
  role,
  root,
  withPolicy,
} from "./support/accounts.ts";

describe("mock_integration", () => {
  const made = async (type: "MOCK" | "HTTP", more: object) => {
    const gateway = client(APIGatewayClient, root(owner));
    const { id: restApiId } = await gateway.send(new CreateRestApiCommand({ name: "mocked" }));
    const { items } = await gateway.send(new GetResourcesCommand({ restApiId }));
    const place = { restApiId, resourceId: items?.[0]?.id, httpMethod: "GET" };
    await gateway.send(new PutMethodCommand({ ...place, authorizationType: "NONE" }));
    await gateway.send(new PutIntegrationCommand({ ...place, type, ...more }));
    return await gateway.send(new GetIntegrationCommand(place));
  };

  test("calls nobody: it has neither method nor address", async () => {
    const requestTemplates = { "application/json": '{"statusCode":200}' };
    const integration = await made("MOCK", { requestTemplates, passthroughBehavior: "NEVER" });
    expect(integration).toMatchObject({ type: "MOCK", requestTemplates, passthroughBehavior: "NEVER" });
    expect(integration).not.toHaveProperty("httpMethod");
    expect(integration).not.toHaveProperty("uri");
  });

  test("any other keeps both", async () => {
    const uri = "https://x.test/";
    expect(await made("HTTP", { integrationHttpMethod: "PUT", uri })).toMatchObject({
      httpMethod: "PUT",
      uri,
    });
  });
});

describe("usage_plan", () => {
  test("what was not given is left out", async () => {
    const gateway = client(APIGatewayClient, root(owner));
    const throttle = { rateLimit: 5, burstLimit: 10 };
    const { id } = await gateway.send(new CreateUsagePlanCommand({ name: "no-quota", throttle }));
    const plan = await gateway.send(new GetUsagePlanCommand({ usagePlanId: id }));
    expect(plan.throttle).toEqual(throttle);
    expect(plan).not.toHaveProperty("quota");
    const quota = { limit: 5, period: "DAY" } as const;
    const other = await gateway.send(new CreateUsagePlanCommand({ name: "quota", quota }));
    expect(other).toMatchObject({ quota });
    expect(other).not.toHaveProperty("throttle");
  });
});

describe("patch_operations", () => {
  const gateway = () => client(APIGatewayClient, root(owner));

  test("a changed integration keeps its types", async () => {
    const { id: restApiId } = await gateway().send(new CreateRestApiCommand({ name: "patched" }));
    const { items } = await gateway().send(new GetResourcesCommand({ restApiId }));
    const place = { restApiId, resourceId: items?.[0]?.id, httpMethod: "POST" };
    await gateway().send(new PutMethodCommand({ ...place, authorizationType: "NONE" }));
    await gateway().send(
      new PutIntegrationCommand({
        ...place,
        type: "HTTP",
        integrationHttpMethod: "POST",
        uri: "https://x.test/",
      }),
    );
    const patch = [{ op: "replace" as const, path: "/timeoutInMillis", value: "5000" }];
    await gateway().send(new UpdateIntegrationCommand({ ...place, patchOperations: patch }));
    const { timeoutInMillis, uri } = await gateway().send(new GetIntegrationCommand(place));
    expect([timeoutInMillis, uri]).toEqual([5000, "https://x.test/"]);
  });

  test("switches stay booleans, and members of a list are named by an escaped pointer", async () => {
    const { id: restApiId } = await gateway().send(
      new CreateRestApiCommand({
        name: "patched",
        binaryMediaTypes: ["image/png"],
        disableExecuteApiEndpoint: false,
      }),
    );
    const patchOperations = [
      { op: "replace" as const, path: "/disableExecuteApiEndpoint", value: "true" },
      { op: "add" as const, path: "/binaryMediaTypes/application~1pdf" },
      { op: "remove" as const, path: "/binaryMediaTypes/image~1png" },
    ];
    await gateway().send(new UpdateRestApiCommand({ restApiId, patchOperations }));
    const api = await gateway().send(new GetRestApiCommand({ restApiId }));
    expect([api.disableExecuteApiEndpoint, api.binaryMediaTypes]).toEqual([true, ["application/pdf"]]);
  });
});

describe("domain_name", () => {
  const [rootCa, issuingCa] = makeChain();
  const domain = (connection: Connection, name: string, version?: string, key = "truststore.pem") =>
    client(APIGatewayClient, connection).send(
      new CreateDomainNameCommand({
        domainName: name,
        endpointConfiguration: { types: ["REGIONAL"] },
        mutualTlsAuthentication: { truststoreUri: `s3://${bucket}/${key}`, truststoreVersion: version },
      }),
    );

  test("the truststore's version changes in place", async () => {
    const [first, second] = [
      await put("truststore.pem", rootCa),
      await put("truststore.pem", rootCa + issuingCa),
    ];
    const made = await domain(root(owner), "version.test", first);
    expect(made.domainNameStatus).toBe("AVAILABLE");
    const patchOperations = [
      { op: "replace" as const, path: "/mutualTlsAuthentication/truststoreVersion", value: second },
    ];
    const gateway = client(APIGatewayClient, root(owner));
    await gateway.send(new UpdateDomainNameCommand({ domainName: "version.test", patchOperations }));
    const { mutualTlsAuthentication } = await gateway.send(
      new GetDomainNameCommand({ domainName: "version.test" }),
    );
    expect(mutualTlsAuthentication).toMatchObject({ truststoreVersion: second, truststoreWarnings: [] });
    const missing = [{ ...patchOperations[0], op: "replace" as const, value: "no-such-version" }];
    const update = new UpdateDomainNameCommand({ domainName: "version.test", patchOperations: missing });
    expect(await outcome(gateway.send(update))).toBe("BadRequestException");
    const after = await gateway.send(new GetDomainNameCommand({ domainName: "version.test" }));
    expect(after.mutualTlsAuthentication?.truststoreVersion).toBe(second);
  });

  test("the caller's own right to read the truststore decides, of object and version", async () => {
    const version = await put("truststore.pem", rootCa);
    const everything = { Effect: "Allow", Action: ["apigateway:*", "s3:*"], Resource: "*" };
    await role(other, "deployer", everything);
    await role(other, "gateway-only", allow("apigateway:*"));
    const admitted = (...Action: string[]) => ({
      Effect: "Allow",
      Principal: { AWS: `arn:aws:iam::${other}:root` },
      Action,
      Resource: `arn:aws:s3:::${bucket}/truststore.pem`,
    });
    await withPolicy(bucket, admitted("s3:GetObject", "s3:GetObjectVersion"), async () => {
      expect(await outcome(domain(as(other, "gateway-only"), "a.test", version))).toBe("BadRequestException");
      expect(await outcome(domain(as(other, "deployer"), "a.test", version))).toBe("ok");
    });
    await withPolicy(bucket, admitted("s3:GetObjectVersion"), async () => {
      expect(await outcome(domain(as(other, "deployer"), "b.test", version))).toBe("BadRequestException");
    });
    expect(await outcome(domain(as(other, "deployer"), "c.test", version))).toBe("BadRequestException");
  });

  test.each([
    ["what is no list of certificates", "not a certificate"],
    ["two certificates with one subject", rootCa + rootCa],
    ["more than 1 MB", rootCa + " ".repeat(1024 * 1024)],
  ])("%s is refused", async (what, content) => {
    const version = await put("wrong.pem", content);
    const name = `${what.replaceAll(" ", "-")}.test`;
    expect(await outcome(domain(root(owner), name, version, "wrong.pem"))).toBe("BadRequestException");
  });

  test("a certificate without its issuer is a warning", async () => {
    const version = await put("incomplete.pem", issuingCa);
    const made = await domain(root(owner), "incomplete.test", version, "incomplete.pem");
    expect(made.mutualTlsAuthentication?.truststoreWarnings).toEqual([
      "The issuer of CN=issuing is not in the truststore",
    ]);
  });
});

describe("base_path_mapping", () => {
  test("an empty base path is called (none)", async () => {
    const gateway = client(APIGatewayClient, root(owner));
    const { id: restApiId } = await gateway.send(new CreateRestApiCommand({ name: "mapped" }));
    await gateway.send(new CreateDomainNameCommand({ domainName: "mapped.test" }));
    await gateway.send(
      new CreateBasePathMappingCommand({ domainName: "mapped.test", restApiId, basePath: "" }),
    );
    const asked = new GetBasePathMappingCommand({ domainName: "mapped.test", basePath: "(none)" });
    expect(await gateway.send(asked)).toMatchObject({ basePath: "(none)", restApiId });
  });
});

/** A root and an issuing certificate, PEM; keys are not kept. */
function makeChain(): [string, string] {
  const at = mkdtempSync(join(tmpdir(), "chain-"));
  const openssl = (...args: string[]) => execFileSync("openssl", args, { cwd: at, stdio: "pipe" });
  const make = (name: string, ...more: string[]) =>
    openssl(
      ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30"],
      ...["-subj", `/CN=${name}`, "-keyout", `${name}.key`, "-out", `${name}.pem`, ...more],
    );
  try {
    make("root");
    make("issuing", "-CA", "root.pem", "-CAkey", "root.key");
    return [readFileSync(join(at, "root.pem"), "utf8"), readFileSync(join(at, "issuing.pem"), "utf8")];
  } finally {
    rmSync(at, { recursive: true, force: true });
  }
}
