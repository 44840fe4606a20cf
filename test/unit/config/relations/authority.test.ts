/** Fields of the CA that do not go together. */
import { eachIsTheOnlyMistake, type Mistake, problemsOf, put } from "../sample.ts";

describe("a wrong relation of the CA is refused", () => {
  const rows: Mistake[] = [
    [
      "no active generation",
      put("ca.engine.generations.0.status", "trusted"),
      "ca.engine.generations: exactly one generation must be active: it issues the certificates; got []",
    ],
    [
      "two active generations",
      (input) => {
        input.ca.engine.generations.push({ id: "g2", status: "active" });
      },
      'exactly one generation must be active: it issues the certificates; got ["g1","g2"]',
    ],
    [
      "a generation twice",
      (input) => {
        input.ca.engine.generations.push({ id: "g1", status: "trusted" });
      },
      'ca.engine.generations.1.id: generation ids must differ; got "g1"',
    ],
    [
      "to retire what is active",
      put("ca.engine.generations.0.retireWithValidCertificates", true),
      'ca.engine.generations.0.retireWithValidCertificates: only with status "retired"; got "active"',
    ],
    [
      "a CRL that ends before it is published twice",
      put("ca.crl", { lifetimeHours: 1, publishEveryMinutes: 31, rootLifetimeDays: 90 }),
      "ca.crl.lifetimeHours: a CRL must live at least twice its publishing period (31 minutes)",
    ],
    [
      "a production CRL that does not outlive a weekend's repair",
      (input) => {
        input.tier = "production";
        input.ca.crl.lifetimeHours = 47;
      },
      "ca.crl.lifetimeHours: at least 48 in production: people need that long when no CRL can be published (docs/revocation.md); got 47",
    ],
    [
      "an age of less than two publications and a minute",
      put("ca.crl.maxAgeMinutes", 20),
      "ca.crl.maxAgeMinutes: at least 21: twice publishEveryMinutes (10) and the minute by which a CRL is backdated, or one missed publication denies everybody; got 20",
    ],
    [
      "an age beyond the lifetime",
      put("ca.crl.maxAgeMinutes", 24 * 60 + 1),
      "ca.crl.maxAgeMinutes: at most lifetimeHours (1440 minutes): after nextUpdate no CRL is believed; got 1441",
    ],
    ["no profile", put("ca.profiles", {}), "ca.profiles: at least one profile; got {}"],
    [
      "a required attribute that is not allowed",
      put("ca.profiles.client.subject.required", ["L"]),
      'ca.profiles.client.subject.required.0: must be among allowed or fixed; got "L"',
    ],
    [
      "a pattern that is no regular expression",
      put("ca.profiles.client.subjectAltNames", [{ kind: "dns", pattern: "(" }]),
      'ca.profiles.client.subjectAltNames.0.pattern: a regular expression; got "("',
    ],
  ];
  eachIsTheOnlyMistake(rows);

  test("the least age that survives one missed publication is accepted", () => {
    expect(problemsOf(put("ca.crl.maxAgeMinutes", 21))).toEqual([]);
  });
});
