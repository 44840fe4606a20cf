/** Every function, the access log and the execution log have a group that ends its lines in time: nothing is kept for ever. */
import { caFunctionName, caFunctionsOf, executionLogName, roleNames, stackNames } from "#contract/names.ts";
import {
  apiReader,
  type Check,
  caReader,
  domainOf,
  type Examined,
  type Finding,
  fail,
  ok,
  type Reader,
} from "../check.ts";

interface Expected {
  readonly reader: Reader;
  /** Groups that begin so are ours. */
  readonly prefix: string;
  /** Groups that must be there. */
  readonly names: readonly string[];
  /** Left out: any end will do. */
  readonly retentionDays?: number;
}

export const logGroups: Check = {
  code: "log-groups",
  run: async (at) => {
    const all = [...expected(at), ...(await executionLogs(at))];
    return (await Promise.all(all.map((one) => examine(one, at)))).flat();
  },
};

/** Their names hold the ids of what the domains lead to. */
async function executionLogs(at: Examined): Promise<Expected[]> {
  const all = at.environment.apis.map(async (api) => {
    const { apis } = await domainOf(at, api);
    const reader = apiReader(at, api);
    return apis.flatMap(({ id, stages }) =>
      stages.map(({ name }) => {
        const group = executionLogName(id, name);
        return { reader, prefix: group, names: [group], retentionDays: api.logs.retentionDays };
      }),
    );
  });
  return (await Promise.all(all)).flat();
}

function expected(at: Examined): Expected[] {
  const { environment } = at;
  const { name, apis } = environment;
  const functionGroup = (functionName: string) => `/aws/lambda/${functionName}`;
  return [
    {
      reader: caReader(at),
      prefix: functionGroup(`${stackNames.ca(name)}-`),
      names: caFunctionsOf[environment.ca.engine.kind].map((slug) =>
        functionGroup(caFunctionName(name, slug)),
      ),
    },
    ...apis.flatMap((api): Expected[] => {
      const reader = apiReader(at, api);
      const stack = stackNames.api(name, api.name);
      const own = { reader, retentionDays: api.logs.retentionDays };
      return [
        {
          ...own,
          prefix: functionGroup(`${stack}-`),
          names: [functionGroup(roleNames.authorizer(name, api.name))],
        },
        { ...own, prefix: `/mtls-api/${stack}/`, names: [`/mtls-api/${stack}/access`] },
      ];
    }),
  ];
}

async function examine({ reader, prefix, names, retentionDays }: Expected, at: Examined): Promise<Finding[]> {
  const todo = `deploy the environment: npm run rollout -- ${at.environment.name}`;
  const found = await reader.logGroups(prefix);
  const missing = names.filter((name) => !found.some((one) => one.name === name));
  return [
    ...missing.map((name) => fail("log-group-missing", name, "there is none", todo)),
    ...found.map(({ name, retentionDays: days }) => {
      if (days === undefined) return fail("log-group-for-ever", name, "its lines are kept for ever", todo);
      return retentionDays === undefined || days === retentionDays
        ? ok("log-group", name, `${days} days`)
        : fail("log-group-retention", name, `${days} days, configured are ${retentionDays}`, todo);
    }),
  ];
}
