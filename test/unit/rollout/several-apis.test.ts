/** Two APIs on one CA, as operators' commands see them: each is rolled out, examined, and waited for. */
import type { DomainReading } from "#aws/deployment-reader.ts";
import type { Examined } from "#cli/doctor/check.ts";
import { examine } from "#cli/doctor/examine.ts";
import { generationProblem } from "#cli/rollout/generation-problem.ts";
import { type Runner, rollOut } from "#cli/rollout/rollout.ts";
import type { Environment } from "#config/environment.ts";
import {
  certificateOf,
  environment,
  examined,
  healthyDomain,
  healthyWorld,
  type World,
} from "../doctor/healthy-world.ts";

const [api] = environment.apis as [Environment["apis"][number]];
const second = { ...api, name: "ireland", region: "eu-west-1", domain: "ireland.dev.example.com" };
const both: Environment = { ...environment, apis: [api, second] };

/** The second's own domain and region; what else is read is the same for both. */
function at(domain: Partial<DomainReading>, world: World = healthyWorld()): Examined {
  const one = examined(world);
  return {
    ...one,
    environment: both,
    reader: (account, region) => ({
      ...one.reader(account, region),
      domain: async (name) =>
        name === second.domain && region === second.region
          ? { ...healthyDomain(), domainName: name, region, ...domain }
          : one.reader(account, region).domain(name, account),
    }),
  };
}

test("both are rolled out after the CA, and doctor after both; a failure of one ends it", async () => {
  const runner = (failing?: string): Runner => ({
    refuseWrongAccounts: async () => undefined,
    lock: async () => undefined,
    foundationProblems: async () => [],
    generationProblem: async () => undefined,
    isCaDeployed: async () => true,
    synthesize: async () => undefined,
    plan: async () => 1,
    deploy: async (stack) => {
      if (stack === failing) throw new Error("no");
    },
    doctor: async () => [],
  });
  const states = async (failing?: string) =>
    (await rollOut([both], runner(failing), { planOnly: false, say: () => undefined })).steps.map(
      ({ step, state }) => `${step} ${state}`,
    );
  expect(await states()).toEqual([
    ...["dev-ca deployed", "dev-api deployed", "dev-ireland deployed", "doctor well"],
  ]);
  expect(await states("dev-api")).toEqual([
    ...["dev-ca deployed", "dev-api failed", "dev-ireland not begun", "doctor not begun"],
  ]);
});

test("doctor finds what is wrong with the second alone", async () => {
  const findings = await examine(at({ securityPolicy: "TLS_1_0" }));
  const failed = findings.filter((one) => one.code === "tls-policy");
  expect(failed).toMatchObject([{ verdict: "fail", subject: second.domain }]);
  expect(findings.filter((one) => one.subject === "dev-ireland").length).toBeGreaterThan(0);
});

test("a generation waits for the domain of the second too", async () => {
  expect(await generationProblem(at({}))).toBeUndefined();
  const older = { truststoreUri: "s3://ca/older.pem", truststoreVersion: "v0", warnings: [] };
  const world = healthyWorld();
  world.objects["older.pem"] = { body: certificateOf("root"), version: "v0" };
  expect(await generationProblem(at({ mutualTls: older }, world))).toContain(
    `${second.domain} pins a truststore that does not hold it`,
  );
});
