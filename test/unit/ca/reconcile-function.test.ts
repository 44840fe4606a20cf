/** Who may order what of ca-reconcile: refused by the alias alone, before AWS is asked for anything. */
import { functionEnvironment } from "#contract/function-environment.ts";
import { configuration } from "./world.ts";

const arn = "arn:aws:lambda:eu-west-2:111111111111:function:dev-ca-reconcile";
type Handler = (event: unknown, context: object) => Promise<unknown>;

function handler(): Handler {
  for (const name of functionEnvironment["ca-reconcile"]) process.env[name] = "value";
  process.env.AWS_REGION = "eu-west-2";
  // Its environment is read when it is loaded.
  return (require("#lambdas/ca-reconcile/index.ts") as { handler: Handler }).handler;
}

beforeEach(() => jest.spyOn(process.stdout, "write").mockReturnValue(true));
afterEach(() => jest.restoreAllMocks());

const apply = { action: "apply", configuration: configuration() };
const revokeIssuing = { action: "revoke-issuing", generation: "g1", reason: "cACompromise" };

test.each([
  ["operators do not change the configuration past the deployment", `${arn}:operator`, apply],
  ["the deployment revokes no issuing certificate", arn, revokeIssuing],
  ["nor does its latest version", `${arn}:$LATEST`, revokeIssuing],
  ["the function itself reports to nobody", arn, { action: "report" }],
  ["an alias that nobody configured", `${arn}:onboarding`, { action: "renew" }],
  ["a name that every object has", `${arn}:constructor`, { action: "renew" }],
])("%s", async (_what, invokedFunctionArn, order) => {
  const context = { awsRequestId: "r", invokedFunctionArn, getRemainingTimeInMillis: () => 1 };
  await expect(handler()(order, context)).rejects.toMatchObject({ name: "caller" });
});
