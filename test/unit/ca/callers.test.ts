/** Who may ask for what: the alias says who, the configuration says what. */
import { makeKeyPair } from "#test/support/hierarchy.ts";
import { configuration, generation, granted, refusalOf, request, World } from "./world.ts";

const callers = [
  { name: "onboarding", profiles: ["client"], names: ["partner-[a-z]+", "team-1"], mayRevoke: true },
  { name: "reader", profiles: ["client"], names: ["reader"], mayRevoke: false },
  { name: "servers", profiles: ["server"], names: [".*"], mayRevoke: false },
];

async function deployed(): Promise<World> {
  const world = new World();
  await world.apply(configuration([generation("g1")], {}, callers));
  return world;
}

const calm = (_call: unknown, effect: () => Promise<unknown>) => effect();
const asks: readonly (readonly [what: string, caller: string, commonName: string, expected: string])[] = [
  ["a name that matches", "onboarding", "partner-a", "granted"],
  ["another name that matches", "onboarding", "team-1", "granted"],
  ["a name that matches in its middle only", "onboarding", "my-partner-a", "not-permitted"],
  ["a name that matches in its beginning only", "onboarding", "team-12", "not-permitted"],
  ["a profile that it was not given", "servers", "partner-a", "not-permitted"],
  ["a name of another caller", "reader", "partner-a", "not-permitted"],
  ["nobody that is configured", "stranger", "partner-a", "caller"],
  ["a name that every object has", "constructor", "partner-a", "caller"],
  ["the operators: any name", "operator", "whoever", "granted"],
];

test.each(asks)("%s: %s asks for %j → %s", async (_what, caller, commonName, expected) => {
  const world = await deployed();
  const answer = await world.issue(request(commonName), calm, caller);
  expect("refused" in answer ? refusalOf(answer) : "granted").toBe(expected);
  // A refusal leaves nothing behind: the key can still be used under its right name.
  expect(world.ledger.certificates.filter((one) => one.profile === "client")).toHaveLength(
    expected === "granted" ? 1 : 0,
  );
});

test("alternative names are names too", async () => {
  const world = new World();
  const base = configuration([generation("g1")], {}, callers);
  const client = { ...base.profiles.client, subjectAltNames: [{ kind: "dns", pattern: ".*" }] };
  await world.apply({ ...base, profiles: { client } as typeof base.profiles });
  const asking = (dns: string) =>
    world.issue(request("partner-a", key, undefined, [dns]), calm, "onboarding");
  const key = makeKeyPair("P-256");
  expect(refusalOf(await asking("other.example.com"))).toBe("not-permitted");
  granted(await asking("partner-b"));
});

test("only the configuration names clients", async () => {
  const world = await deployed();
  for (const caller of ["onboarding", "operator"])
    expect(refusalOf(await world.issue({ ...request("partner-a"), client: "partner-a" }, calm, caller))).toBe(
      "not-permitted",
    );
});

test("the ledger keeps who asked", async () => {
  const world = await deployed();
  granted(await world.issue(request("partner-a"), calm, "onboarding"));
  expect(world.ledger.certificates.map((one) => one.caller)).toEqual([
    "reconcile",
    "reconcile",
    "onboarding",
  ]);
});

test("a caller revokes what was issued to it, and nothing else", async () => {
  const world = await deployed();
  const own = granted(await world.issue(request("partner-a"), calm, "onboarding")).serial;
  const readers = granted(await world.issue(request("reader"), calm, "reader")).serial;
  const operators = granted(await world.issue(request("partner-b"), calm, "operator")).serial;
  const order = { action: "revoke", reason: "superseded" } as const;
  const revoke = async (serial: string, caller: string) => {
    const answer = await world.revoke({ generation: "g1", serial, order }, calm, caller);
    return "refused" in answer ? refusalOf(answer) : answer.status;
  };
  expect(await revoke(operators, "onboarding")).toBe("not-permitted");
  expect(await revoke(readers, "onboarding")).toBe("not-permitted");
  expect(await revoke(readers, "reader")).toBe("not-permitted");
  expect(await revoke(own, "stranger")).toBe("caller");
  expect((await world.latestCrl()).entries).toBe(0);
  expect(await revoke(own, "onboarding")).toBe("revoked");
  expect(await revoke(readers, "operator")).toBe("revoked");
});
