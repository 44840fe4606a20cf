/** Invariant I7: both figures follow from the configuration. */
import { revocationPromise, worstCaseRevocationSeconds } from "#config/worst-case-revocation.ts";
import { changed } from "./sample.ts";

test.each([
  { publish: 10, age: 30, refresh: 5, honest: 605, hostile: 1800 },
  { publish: 1, age: 3, refresh: 2, honest: 62, hostile: 180 },
  { publish: 5, age: undefined, refresh: 30, honest: 330, hostile: 900 },
  // Never more than the greatest age, by which even an honest bucket is distrusted.
  { publish: 1, age: 3, refresh: 60, honest: 120, hostile: 180 },
])(
  "publishing every $publish min, age $age min, refresh $refresh s",
  ({ publish, age, refresh, honest, hostile }) => {
    const one = changed((input) => {
      input.ca.crl = {
        lifetimeHours: 24,
        publishEveryMinutes: publish,
        maxAgeMinutes: age,
        rootLifetimeDays: 90,
      };
      input.apis[0].authorizer.refreshSeconds = refresh;
    });
    const [api] = one.apis;
    expect(api && worstCaseRevocationSeconds(one, api)).toEqual({ honest, hostile });
  },
);

test("synthesis says both, and says it where nobody is ever refused", () => {
  const one = changed(() => {});
  const [api] = one.apis;
  if (!api) throw new Error("the sample has an API");
  const { honest, hostile } = worstCaseRevocationSeconds(one, api);
  expect(revocationPromise(one, api)).toBe(
    `a revoked client is refused within ${honest} s, within ${hostile} s if somebody puts back an old CRL`,
  );
  const without = { ...api, authorizer: { ...api.authorizer, revocation: "off" as const } };
  expect(revocationPromise(one, without)).toBe("a revoked client is never refused: revocation is off");
});
