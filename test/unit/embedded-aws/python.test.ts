import { environmentName } from "#local/aws/install.ts";
import { type AskPython, findPython } from "#local/aws/python.ts";

const machine =
  (commands: Record<string, [version: string, venv: boolean]>): AskPython =>
  (command) => {
    const [version, venv] = commands[command] ?? [];
    return Promise.resolve(version === undefined ? undefined : { version, venv: venv === true });
  };

describe("the Python that holds the embedded AWS", () => {
  test.each([
    ["python3 when it is new enough", { python3: ["3.12.1", true] }, "python3"],
    ["the oldest that is accepted", { python3: ["3.10.0", true] }, "python3"],
    [
      "a newer one beside an old python3",
      { python3: ["3.9.6", true], "python3.13": ["3.13.0", true] },
      "python3.13",
    ],
    [
      "one with venv beside one without",
      { python3: ["3.12.3", false], "python3.11": ["3.11.7", true] },
      "python3.11",
    ],
    ["python when there is no python3", { python: ["3.11.0", true] }, "python"],
    ["a major version to come", { python3: ["4.0.0", true] }, "python3"],
  ] as const)("is %s", async (_what, commands, expected) => {
    const found = await findPython(machine(commands as never));
    expect(found.command).toBe(expected);
  });

  test.each([
    ["none at all", {}, /no Python was found on PATH: install one/],
    [
      "only an old one",
      { python3: ["3.9.6", true] },
      /found: python3 3\.9\.6; install a newer one beside it/,
    ],
    ["only Python 2", { python: ["2.7.18", true] }, /found: python 2\.7\.18/],
    [
      "one without venv",
      { python3: ["3.12.3", false] },
      /found: python3 3\.12\.3 without venv; .*python3-venv/,
    ],
  ] as const)("is missed in one message: %s", async (_what, commands, message) => {
    const refused = findPython(machine(commands as never));
    await expect(refused).rejects.toMatchObject({ name: "LocalError", code: "python" });
    await expect(refused).rejects.toThrow(message);
  });
});

describe("the environment's name", () => {
  const python = { command: "python3", version: "3.12.1" };
  const name = environmentName(Buffer.from("ministack==1"), python);

  test("is the same for the same requirements and Python", () => {
    expect(environmentName(Buffer.from("ministack==1"), { ...python, command: "python" })).toBe(name);
  });
  test("differs for other requirements", () => {
    expect(environmentName(Buffer.from("ministack==2"), python)).not.toBe(name);
  });
  test("differs for another Python", () => {
    expect(environmentName(Buffer.from("ministack==1"), { ...python, version: "3.13.0" })).not.toBe(name);
  });
});
