/**
 * What runs on an instance and how, as texts for its user data: services, timer, log rotation, the CloudWatch agent's
 * configuration, and the commands that start it all (Amazon Linux 2023; its own packages nginx, nodejs22 and
 * amazon-cloudwatch-agent).
 *
 * Guarantees: NGINX is started by the first refresh that succeeds and never before; one refresh at a time; keys and
 * secrets lie below /run, which is memory; nothing secret is in any of these texts.
 */
import {
  type EdgeSettings,
  edgeLogGroup,
  edgeLogs,
  edgeMetricNamespace,
  edgePaths,
} from "#contract/private-edge.ts";

export interface InstanceFile {
  readonly path: string;
  readonly content: string;
}

export interface InstanceOptions extends Pick<EdgeSettings, "refreshSeconds"> {
  readonly environment: string;
  readonly api: string;
}

/** Written before `instanceCommands` run. */
export const instanceFiles = (options: InstanceOptions): readonly InstanceFile[] => [
  { path: `/etc/systemd/system/${units.refresh}`, content: refreshService },
  { path: `/etc/systemd/system/${units.nginx}`, content: nginxService },
  { path: `/etc/systemd/system/${units.timer}`, content: timer(options) },
  { path: "/etc/logrotate.d/mtls-edge", content: logRotation },
  { path: edgePaths.agent, content: agentConfiguration(options) },
];

const units = {
  refresh: "mtls-edge-refresh.service",
  timer: "mtls-edge-refresh.timer",
  nginx: "mtls-edge-nginx.service",
} as const;

/** The distribution's own nginx.service is not enabled by its package, and stays so. */
export const instanceCommands: readonly string[] = [
  "systemctl daemon-reload",
  `systemctl enable --now ${units.timer}`,
  `/opt/aws/amazon-cloudwatch-agent/bin/amazon-cloudwatch-agent-ctl -a fetch-config -m ec2 -s -c file:${edgePaths.agent}`,
];

const folder = (path: string): string => path.slice(path.lastIndexOf("/") + 1);

const protection = `UMask=0077
LimitCORE=0
NoNewPrivileges=yes
PrivateTmp=yes
ProtectHome=yes
ProtectSystem=strict
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectControlGroups=yes
RestrictSUIDSGID=yes`;

const refreshService = `[Unit]
Description=Truststore, CRLs, server certificate and secret for NGINX
Wants=network-online.target
After=network-online.target

[Service]
Type=oneshot
ExecStart=/usr/bin/node-22 ${edgePaths.program} --user nginx
# Only after a success; nothing happens when it runs already.
ExecStartPost=/usr/bin/systemctl --no-block start ${units.nginx}
TimeoutStartSec=120
RuntimeDirectory=${folder(edgePaths.runtime)}
RuntimeDirectoryMode=0711
RuntimeDirectoryPreserve=yes
StateDirectory=${folder(edgePaths.state)}
StateDirectoryMode=0700
LogsDirectory=${folder(edgePaths.log)}
${protection}
`;

const nginxService = `[Unit]
Description=NGINX, mutual TLS in front of the private API
ConditionPathExists=${edgePaths.runtime}/current/nginx.conf

[Service]
ExecStart=${edgePaths.nginx} -c ${edgePaths.runtime}/current/nginx.conf -g "daemon off;"
ExecReload=/bin/kill -HUP $MAINPID
KillSignal=SIGQUIT
KillMode=mixed
TimeoutStopSec=60
Restart=always
RestartSec=1
LimitNOFILE=65536
ReadWritePaths=${edgePaths.runtime} ${edgePaths.log}
${protection}
`;

const timer = ({ refreshSeconds }: InstanceOptions): string => `[Unit]
Description=Refresh of NGINX's truststore, CRLs, server certificate and secret

[Timer]
OnActiveSec=0
OnUnitInactiveSec=${refreshSeconds}
AccuracySec=1s

[Install]
WantedBy=timers.target
`;

/** The agent sends what is written; what stays is for whoever looks at the instance. */
const logRotation = `${edgePaths.log}/*.log {
  size 50M
  rotate 2
  missingok
  notifempty
  sharedscripts
  postrotate
    test ! -s ${edgePaths.runtime}/nginx.pid || kill -USR1 "$(cat ${edgePaths.runtime}/nginx.pid)"
  endscript
}
`;

/** Log groups and their retention are the stack's. */
function agentConfiguration({ environment, api }: InstanceOptions): string {
  const files = edgeLogs.map((log) => ({
    file_path: `${edgePaths.log}/${log}.log`,
    log_group_name: edgeLogGroup(environment, api, log),
    log_stream_name: "{instance_id}",
  }));
  const configuration = {
    agent: { metrics_collection_interval: 60, run_as_user: "root" },
    logs: { logs_collected: { files: { collect_list: files } } },
    metrics: {
      namespace: edgeMetricNamespace(environment, api),
      metrics_collected: {
        netstat: { measurement: ["tcp_established"] },
        mem: { measurement: ["mem_used_percent"] },
        disk: { measurement: ["used_percent"], resources: ["/"], drop_device: true },
      },
    },
  };
  return `${JSON.stringify(configuration, null, 2)}\n`;
}
