import { edgeLogs, edgePaths } from "#contract/private-edge.ts";
import { instanceCommands, instanceFiles } from "#edge/instance/instance-files.ts";

const files = instanceFiles({ environment: "dev", api: "api", refreshSeconds: 30 });
const content = (end: string): string => files.find(({ path }) => path.endsWith(end))?.content ?? "";

test("NGINX starts after a refresh that succeeded, and by nothing else", () => {
  expect(content("refresh.service")).toMatch(/^ExecStart=.*refresh\.cjs/m);
  expect(content("refresh.service")).toMatch(/^ExecStartPost=.* start mtls-edge-nginx\.service$/m);
  expect(content("nginx.service")).not.toContain("[Install]");
  expect(instanceCommands.filter((one) => one.includes("enable"))).toEqual([
    "systemctl enable --now mtls-edge-refresh.timer",
  ]);
});

test("the timer waits for the end of the last refresh, as long as the settings say", () => {
  expect(content(".timer")).toMatch(/^OnUnitInactiveSec=30$/m);
});

test("the folders of the services are those of the contract", () => {
  const service = content("refresh.service");
  for (const [kind, path, base] of [
    ["RuntimeDirectory", edgePaths.runtime, "/run"],
    ["StateDirectory", edgePaths.state, "/var/lib"],
    ["LogsDirectory", edgePaths.log, "/var/log"],
  ] as const)
    expect(`${base}/${new RegExp(`^${kind}=(.*)$`, "m").exec(service)?.[1]}`).toBe(path);
});

test("the agent ships every log of the edge to its own group", () => {
  const agent = JSON.parse(content("mtls-edge.json"));
  expect(agent.logs.logs_collected.files.collect_list).toEqual(
    edgeLogs.map((log) => ({
      file_path: `/var/log/mtls-edge/${log}.log`,
      log_group_name: `/mtls-api/dev-api/edge/${log}`,
      log_stream_name: "{instance_id}",
    })),
  );
  expect(agent.metrics.namespace).toBe("mtls-api/edge/dev-api");
});

test("all of it fits into user data, and no text would be Terraform's or the shell's to fill in", () => {
  const all = files.map((one) => one.path + one.content).join("");
  expect(all.length).toBeLessThan(6_000);
  expect(all).not.toMatch(/\$\{|%\{/);
});
