/**
 * The whole private edge on loopback: NGINX with what the real refresh wrote, the gateway's private side, the real
 * authorizer's steps. In memory: the CA's bucket, Secrets Manager, the deployed API.
 */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DeployedVpcEndpoint } from "#aws/vpc-endpoint.ts";
import { defaultEdgeLimits, type EdgeSettings } from "#contract/private-edge.ts";
import { type RefreshParts, type RefreshResult, refresh } from "#edge/refresh/refresh.ts";
import { authorize } from "#lambdas/authorizer/authorize.ts";
import { policy } from "#lambdas/authorizer/steps/policy.ts";
import { takeEdgeHeaders } from "#lambdas/private-authorizer/edge-headers.ts";
import { EdgeSecrets } from "#lambdas/private-authorizer/edge-secrets.ts";
import { privatePlace } from "#lambdas/private-authorizer/private-place.ts";
import { freePorts } from "#local/free-ports.ts";
import type { GatewayRecord } from "#local/gateway/gateway-record.ts";
import { type PrivateGateway, startPrivateGateway } from "#local/gateway/private-gateway.ts";
import { makeServerCertificate } from "#local/gateway/server-certificate.ts";
import { nginxPath, RunningNginx } from "#local/instance/running-nginx.ts";
import { encodePem } from "#pki/pem.ts";
import { type Hierarchy, makeHierarchy, type Signed } from "../../support/hierarchy.ts";
import { crl, makeWorld, type World } from "../../unit/authorizer/fixture.ts";
import { account, api, apiId, domain, FakeAws, region } from "../../unit/gateway/support/deployed.ts";

export const serverName = "edge.test.example.com";
export const vpcEndpoint = "vpce-1";
export const edgeSecret = "c2VjcmV0LW9mLXRlc3RzLW9ubHktNDMtY2hhcmFjdGVycw";

export interface TlsIdentity {
  readonly cert: string;
  readonly key: string;
}

export const tlsIdentity = ({ certificate, privateKey }: Signed): TlsIdentity => ({
  cert: encodePem("CERTIFICATE", certificate.der),
  key: privateKey.export({ type: "pkcs8", format: "pem" }) as string,
});

export class RunningEdge {
  readonly hierarchy: Hierarchy = makeHierarchy();
  readonly client = this.hierarchy.leaf();
  readonly world: World;
  readonly aws = new FakeAws();
  readonly records: GatewayRecord[] = [];
  readonly server = makeServerCertificate([serverName], new Date());
  /** The values that count: NGINX sends the first. */
  secrets: string[] = [edgeSecret];
  endpoint: DeployedVpcEndpoint = { id: vpcEndpoint, vpcId: "vpc-1", policy: undefined };
  settings: EdgeSettings;
  folder = "";
  #gateway: PrivateGateway | undefined;
  #nginx: RunningNginx | undefined;
  #listNumber = 1;

  constructor() {
    this.world = makeWorld({ hierarchy: this.hierarchy });
    this.world.now = new Date();
    this.settings = this.#settings();
    this.publish();
  }

  get gateway(): PrivateGateway {
    if (!this.#gateway) throw new Error("start the edge first");
    return this.#gateway;
  }

  get caFile(): string {
    return join(this.folder, "server-ca.pem");
  }

  async start(changes: Partial<EdgeSettings> = {}): Promise<void> {
    this.folder = await mkdtemp(join(tmpdir(), "mtls-edge-"));
    await writeFile(this.caFile, this.server.authority);
    this.#gateway = await startPrivateGateway({
      aws: Object.assign(this.aws, {
        readDomain: async () => this.#privateApi(),
        readEndpoint: async () => this.endpoint,
      }),
      reloadEverySeconds: 0,
      log: { record: (record) => this.records.push(record) },
    });
    await writeFile(join(this.folder, "authorities.pem"), this.#gateway.authority);
    this.aws.authorizer = (event) => this.#authorize(event);
    const [port = 0, healthPort = 0] = await freePorts(2);
    const upstream = { ...this.settings.upstream, port: this.#gateway.port };
    this.settings = { ...this.settings, port, healthPort, upstream, ...changes };
    const result = await this.refresh();
    if (result.event !== "refreshed") throw new Error(result.problem);
    this.#nginx = new RunningNginx(join(this.folder, "run/current/nginx.conf"));
    await this.#nginx.ready(port);
  }

  async close(): Promise<void> {
    await this.#nginx?.stop();
    await this.#gateway?.close();
    if (this.folder) await rm(this.folder, { recursive: true, force: true });
  }

  /** As the timer would; `changes` replace parts of it. After a reload, what comes meets the new files. */
  async refresh(changes: Partial<RefreshParts> = {}): Promise<RefreshResult> {
    const before = (await this.#nginx?.workers()) ?? [];
    const result = await this.#refresh(changes);
    if (result.event === "refreshed" && result.installed === "reloaded")
      await this.#nginx?.reloadedSince(before);
    return result;
  }

  #refresh(changes: Partial<RefreshParts>): Promise<RefreshResult> {
    return refresh({
      settings: this.settings,
      places: {
        runtime: join(this.folder, "run"),
        state: join(this.folder, "state"),
        log: join(this.folder, "log"),
        nginx: nginxPath as string,
        authorities: join(this.folder, "authorities.pem"),
        listen: "127.0.0.1",
        ...(process.getuid?.() === 0 ? { user: "root" } : {}),
      },
      get: this.world.buckets.get,
      secret: async (id) =>
        id === this.settings.edgeSecretArn ? (this.secrets[0] as string) : this.#serverCertificate(),
      resolve: async () => ["127.0.0.1"],
      now: () => new Date(),
      ...changes,
    });
  }

  /** Publishes the next issuing CRL and the root's. */
  publish(
    options: {
      readonly revoked?: readonly Signed[];
      readonly at?: Date;
      readonly lifetimeSeconds?: number;
    } = {},
  ): void {
    const { revoked = [], ...rest } = options;
    const number = this.#listNumber++;
    const serials = revoked.map(({ certificate }) => certificate.serial);
    const now = new Date();
    const { objects } = this.world.buckets;
    objects.set(
      this.world.issuingKey,
      crl(this.hierarchy.issuing, { at: now, number, revoked: serials, ...rest }),
    );
    objects.set(this.world.rootKey, crl(this.hierarchy.root, { at: now, number }));
  }

  /** What NGINX logged, oldest first. */
  async accessLog(): Promise<Record<string, unknown>[]> {
    const text = await readFile(join(this.folder, "log/access.log"), "utf8");
    return text.split("\n").flatMap((line) => (line === "" ? [] : [JSON.parse(line)]));
  }

  #settings(): EdgeSettings {
    const { truststore, issuers } = this.world.policy;
    return {
      region,
      serverNames: [serverName],
      port: 443,
      healthPort: 80,
      truststore,
      issuers,
      maxAge: { issuingSeconds: 1800, rootSeconds: 90 * 86_400 },
      serverCertificateSecretArn: "arn:server",
      edgeSecretArn: "arn:edge",
      upstream: {
        address: "vpce-1.execute-api.eu-west-2.vpce.amazonaws.com",
        port: 443,
        host: `${apiId}.execute-api.${region}.amazonaws.com`,
        pathPrefix: "/test",
      },
      limits: { ...defaultEdgeLimits, requestsPerSecond: 10_000, burst: 10_000 },
      refreshSeconds: 60,
    };
  }

  #serverCertificate(): string {
    const [own] = this.server.identities;
    return JSON.stringify({ certificate: own?.certificate, privateKey: own?.key });
  }

  async #privateApi() {
    const statement = {
      Effect: "Allow",
      Principal: "*",
      Action: "execute-api:Invoke",
      Resource: "execute-api:/*",
      Condition: { StringEquals: { "aws:SourceVpce": vpcEndpoint } },
    };
    const own = {
      ...api,
      privateTo: [vpcEndpoint],
      resourcePolicy: JSON.stringify({ Statement: [statement] }),
    };
    const { mutualTls: _, ...rest } = domain;
    return { ...rest, domainName: `${apiId}.execute-api.${region}.amazonaws.com`, apis: [own] };
  }

  /** Once for all: the deployed function keeps it as well. */
  readonly #edgeSecrets = new EdgeSecrets({ read: async () => this.secrets, now: () => new Date() });

  async #authorize(received: Record<string, unknown>) {
    const { event, ...carried } = takeEdgeHeaders(received);
    const deployment = { apiId, stage: "test", vpcEndpoint };
    this.world.now = new Date();
    const place = () => privatePlace(event, carried, { ...deployment, secrets: this.#edgeSecrets });
    const decision = await authorize(event, place, this.world.gate);
    return policy(decision, deployment, { partition: "aws", region, account });
  }
}
