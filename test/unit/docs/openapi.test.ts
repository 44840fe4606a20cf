/** docs/openapi.json: what the build writes, valid OpenAPI 3.1, and true of every route. */
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { promisify } from "node:util";
import { openApi } from "#contract/openapi.ts";
import { methods, routes } from "#contract/routes.ts";

const committed = readFileSync("docs/openapi.json", "utf8");

interface Operation {
  readonly operationId: string;
  readonly security?: readonly Record<string, readonly string[]>[];
  readonly responses: Readonly<Record<string, unknown>>;
}
interface Asked {
  readonly requestBody?: object;
  readonly parameters?: readonly object[];
}
interface Document {
  readonly openapi: string;
  readonly security: readonly Record<string, readonly string[]>[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly securitySchemes: Readonly<Record<string, { readonly type: string }>> };
}
const document = JSON.parse(committed) as Document;

const ownRow = (path: string, method: string) =>
  routes.find((one) => one.path === path && one.method === method);

/** The schema of the OpenAPI Initiative, by a validator of its own process (it is an ES module). */
async function validate(one: object): Promise<{ valid: boolean; errors?: unknown }> {
  const program = `
    const { Validator } = await import("@seriousme/openapi-schema-validator");
    const result = await new Validator().validate(${JSON.stringify(one)});
    process.stdout.write(JSON.stringify(result));`;
  const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", program]);
  return JSON.parse(stdout);
}

test("is what the build writes (if not: npm run synth, review, commit)", () => {
  expect(committed).toBe(`${JSON.stringify(openApi(), null, 2)}\n`);
});

test("is valid OpenAPI 3.1; a broken one is not", async () => {
  expect(document.openapi).toMatch(/^3\.1\./);
  expect(await validate(document)).toEqual({ valid: true });
  const broken = { ...document, components: { securitySchemes: { clientCertificate: { type: "mutual" } } } };
  expect((await validate(broken)).valid).toBe(false);
});

test("every route asks for the client certificate, and for its token", () => {
  expect(document.components.securitySchemes.clientCertificate?.type).toBe("mutualTLS");
  expect(document.security).toEqual([{ clientCertificate: [] }]);
  for (const route of routes)
    for (const one of route.method === "ANY" ? methods : [route.method]) {
      const { path } = route;
      const { tokens, scopes, mock } = ownRow(path, one) ?? route;
      const operation = document.paths[path]?.[one.toLowerCase()];
      expect(operation?.security).toEqual(
        tokens === "none"
          ? undefined
          : [{ clientCertificate: [], boundToken: scopes === "none" ? [] : scopes }],
      );
      const statuses = ["403", "500", ...(mock === undefined ? ["504"] : [String(mock.status)])];
      expect(Object.keys(operation?.responses ?? {})).toEqual(expect.arrayContaining(statuses));
    }
});

test("what a request must bring is said", () => {
  const { post, get } = (document.paths["/pets"] ?? {}) as Record<string, Partial<Operation> & Asked>;
  expect(post?.requestBody).toMatchObject({
    required: true,
    content: { "application/json": { schema: { required: ["name", "kind"], additionalProperties: false } } },
  });
  expect(post?.parameters).toEqual([
    {
      name: "Idempotency-Key",
      in: "header",
      required: true,
      schema: { type: "string", minLength: 1 },
    },
  ]);
  expect(get?.responses).not.toHaveProperty("400");
});

test("there is nothing in it that is no route, and no operation twice", () => {
  expect(Object.keys(document.paths).sort()).toEqual([...new Set(routes.map(({ path }) => path))].sort());
  const ids = Object.values(document.paths).flatMap((path) =>
    Object.entries(path).flatMap(([key, one]) => (key === "parameters" ? [] : [one.operationId])),
  );
  expect(new Set(ids).size).toBe(ids.length);
});
