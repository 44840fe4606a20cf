/** Fields of an API that do not go together, with each other or with the CA's. */
import { routeKey, routesOf } from "#contract/routes.ts";
import { eachIsTheOnlyMistake, type Mistake, put, sample } from "../sample.ts";

const sampleApi = sample().apis[0];
const ownRoutes = routesOf(sampleApi).map(routeKey);

describe("a wrong relation of an API is refused", () => {
  const rows: Mistake[] = [
    [
      "a refresh that comes too late",
      (input) => {
        input.ca.crl = { lifetimeHours: 1, publishEveryMinutes: 1, maxAgeMinutes: 3, rootLifetimeDays: 9 };
        Object.assign(input.apis[0].authorizer, { refreshSeconds: 61, maxOutageSeconds: 61 });
      },
      "apis.0.authorizer.refreshSeconds: at most 60: a CRL that was published in time must be fetched before its greatest age (3 minutes); got 61",
    ],
    [
      "two active keys of a backend",
      put("apis.0.backend", {
        url: "https://pets.example.com",
        keys: [
          { id: "k1", status: "active" },
          { id: "k2", status: "active" },
        ],
      }),
      'apis.0.backend.keys: exactly one key must be active: it signs; got ["k1","k2"]',
    ],
    [
      "no active key of a backend",
      put("apis.0.backend", { url: "https://pets.example.com", keys: [{ id: "k1", status: "published" }] }),
      "apis.0.backend.keys: exactly one key must be active: it signs; got []",
    ],
    [
      "a key of a backend that is there twice",
      put("apis.0.backend", {
        url: "https://pets.example.com",
        keys: [
          { id: "k1", status: "active" },
          { id: "k1", status: "published" },
        ],
      }),
      'apis.0.backend.keys.1.id: key ids must differ; got "k1"',
    ],
    [
      "an unknown route",
      put("apis.0.authorizer.rules.0.routes", ["GET /api"]),
      `apis.0.authorizer.rules.0.routes.0: one of this API's: ${ownRoutes.join(", ")}; got "GET /api"`,
    ],
    [
      "a rule that asks for nothing",
      put("apis.0.authorizer.rules.0.subject", {}),
      "apis.0.authorizer.rules.0.subject: at least one entry; got {}",
    ],
    [
      "two rules of one name",
      (input) => {
        input.apis[0].authorizer.rules.push(input.apis[0].authorizer.rules[0]);
      },
      'apis.0.authorizer.rules.1.name: rule names must differ; got "partners"',
    ],
  ];
  eachIsTheOnlyMistake(rows);
});
