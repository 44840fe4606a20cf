/** A CA in memory with its four operations, as the functions would run them, and what must always be true of it. */
import { createHash } from "node:crypto";
import { issueCertificate } from "#ca/issue-certificate.ts";
import {
  parseIssueRequest,
  parseRevokeRequest,
  type ReconcileOrder,
  type RevocationRequest,
} from "#ca/parse-requests.ts";
import type { Ledger, Publish } from "#ca/ports.ts";
import { publishCrls } from "#ca/publish-crls.ts";
import { reconcile } from "#ca/reconcile.ts";
import { isRefusal } from "#ca/refusal.ts";
import { revokeCertificate } from "#ca/revoke-certificate.ts";
import type { ReconcileResult } from "#contract/ca-outputs.ts";
import type {
  CaConfiguration,
  CallerConfiguration,
  GenerationConfiguration,
  IssueRequest,
  IssueResult,
  PublishRequest,
  PublishResult,
  Refusal,
  RevokeRequest,
  RevokeResult,
} from "#contract/ca-requests.ts";
import type { DesiredState } from "#contract/desired-state.ts";
import { externalKeys } from "#contract/external-bucket.ts";
import { type Certificate, parseCertificate } from "#pki/certificate.ts";
import { type OpenedCrl, openCrl } from "#pki/crl/open.ts";
import { encodePem } from "#pki/pem.ts";
import { prepareRequest } from "#pki/request.ts";
import { type KeyPair, makeKeyPair, signWith } from "#test/support/hierarchy.ts";
import { type Disturbance, disturbed } from "./disturbance.ts";
import { MemoryBucket, MemoryClock, MemoryLedger, MemorySigner } from "./memory-ports.ts";

const account = "arn:aws:kms:eu-west-2:111111111111:key";

export const generation = (
  id: string,
  status: GenerationConfiguration["status"] = "active",
): GenerationConfiguration => ({
  id,
  status,
  rootKeyArn: `${account}/${id}-root`,
  issuingKeyArn: `${account}/${id}-issuing`,
});

/** The object that the deployment would write, and its hash. */
export function desiredObject(desired: Partial<DesiredState> = {}): { body: Buffer; sha256: string } {
  const body = Buffer.from(JSON.stringify({ clients: {}, revoked: [], ...desired }));
  return { body, sha256: createHash("sha256").update(body).digest("hex") };
}

export const configuration = (
  generations: readonly GenerationConfiguration[] = [generation("g1")],
  desired: Partial<DesiredState> = {},
  callers: readonly CallerConfiguration[] = [],
): CaConfiguration => ({
  environment: "test",
  organization: "Example Ltd",
  generations,
  profiles: {
    client: {
      maxDays: 90,
      keyTypes: ["P-256"],
      subject: { allowed: ["CN", "OU"], required: ["CN"], fixed: { O: "Example Ltd" } },
      subjectAltNames: [],
      extendedKeyUsage: ["clientAuth"],
    },
  },
  callers,
  desiredState: { sha256: desiredObject(desired).sha256 },
  crl: { lifetimeHours: 24, publishEveryMinutes: 10, rootLifetimeDays: 90 },
});

export class World<L extends Ledger = MemoryLedger> {
  readonly clock = new MemoryClock("2026-03-01T12:00:00Z");
  readonly ledger: L;
  readonly bucket = new MemoryBucket();
  readonly signer = new MemorySigner();
  /** Events of the log, in order. */
  readonly events: { readonly event: string; readonly fields: Readonly<Record<string, unknown>> }[] = [];
  #runs = 0;
  #serials = 0;
  #repeats = 0;

  /** The ports as one run sees them. */
  #ports(by: Disturbance) {
    const counter = counting();
    const wrap = <T extends object>(port: T, name: string): T => disturbed(port, name, counter, by);
    const publish: Publish = async (request) =>
      (await by({ index: counter(), port: "publish", method: "invoke" }, () =>
        this.#publishInvoked(request),
      )) as Awaited<ReturnType<Publish>>;
    const invoked =
      <R, T>(method: string, run: (request: R) => Promise<T>) =>
      (request: R): Promise<T> =>
        by({ index: counter(), port: "functions", method }, () => run(request)) as Promise<T>;
    return {
      issue: invoked("issue", (request: IssueRequest) => this.#issueInvoked(request)),
      revoke: invoked("revoke", (request: RevokeRequest) => this.#revokeInvoked(request)),
      remainingSeconds: () => this.remainingSeconds,
      ledger: wrap(this.ledger, "ledger"),
      bucket: wrap(this.bucket, "bucket"),
      signer: wrap(this.signer, "signer"),
      publish,
      clock: this.clock,
      log: (event: string, fields: Readonly<Record<string, unknown>>) =>
        void this.events.push({ event, fields }),
      newSerial: () => `4${String(this.#nextSerial()).padStart(31, "0")}`,
      run: `run-${++this.#runs}`,
    };
  }

  /** The next serials that are drawn are all the same. */
  repeatSerials(count: number): void {
    this.#repeats = count;
    this.#serials++;
  }

  #nextSerial(): number {
    if (this.#repeats === 0) return ++this.#serials;
    this.#repeats--;
    return this.#serials;
  }

  /** ca-publish is a run of its own, undisturbed unless `publishDisturbance` says so. */
  publishDisturbance: Disturbance = (_call, effect) => effect();
  /** So is ca-issue, when ca-reconcile invokes it. */
  issueDisturbance: Disturbance = (_call, effect) => effect();
  remainingSeconds = 600;

  constructor(ledger: Ledger = new MemoryLedger()) {
    this.ledger = ledger as L;
    this.deployDesired();
  }

  /** What the deployment does before it invokes ca-reconcile. */
  deployDesired(desired: Partial<DesiredState> = {}): void {
    this.bucket.overwrite(externalKeys.desiredState, desiredObject(desired).body);
  }

  /** A deployment: the desired state written, ca-reconcile invoked. */
  deploy(
    desired: Partial<DesiredState> = {},
    by: Disturbance = calm,
    generations: readonly GenerationConfiguration[] = [generation("g1")],
  ): Promise<ReconcileResult> {
    this.deployDesired(desired);
    return this.apply(configuration(generations, desired), by);
  }

  #invocationsAnswer: PublishResult | undefined;

  /** Whatever ca-publish is asked, it answers this and does nothing. */
  answerInvocationsWith(answer: PublishResult): void {
    this.#invocationsAnswer = answer;
  }

  async #publishInvoked(request: PublishRequest): Promise<PublishResult> {
    if (this.#invocationsAnswer) return this.#invocationsAnswer;
    const answer = await publishCrls(this.#ports(this.publishDisturbance), request);
    if (isRefusal(answer)) throw new Error(`ca-publish refused: ${answer.refused.code}`);
    return answer;
  }

  #issueInvoked(request: IssueRequest): Promise<IssueResult | Refusal> {
    return issueCertificate(this.#ports(this.issueDisturbance), parseIssueRequest(request), "reconcile");
  }

  #revokeInvoked(request: RevokeRequest): Promise<RevokeResult | Refusal> {
    return revokeCertificate(this.#ports(calm), parseRevokeRequest(request), "reconcile");
  }

  apply(wanted: CaConfiguration = configuration(), by: Disturbance = calm): Promise<ReconcileResult> {
    return reconcile(this.#ports(by), { action: "apply", configuration: wanted }) as Promise<ReconcileResult>;
  }

  reconcile(order: ReconcileOrder, by: Disturbance = calm) {
    return reconcile(this.#ports(by), order);
  }

  issue(request: IssueRequest, by: Disturbance = calm, caller = "operator"): Promise<IssueResult | Refusal> {
    return issueCertificate(this.#ports(by), request, caller);
  }

  async issued(request: IssueRequest): Promise<IssueResult> {
    return granted(await this.issue(request));
  }

  revoke(request: RevocationRequest, by: Disturbance = calm, caller = "operator") {
    return revokeCertificate(this.#ports(by), request, caller);
  }

  publish(request: PublishRequest = { action: "publish" }, by: Disturbance = calm) {
    return publishCrls(this.#ports(by), request);
  }

  async certificateOf(id: string, which: "root" | "issuing"): Promise<Certificate> {
    const der = (await this.ledger.generation(id))?.[which]?.certificate;
    if (!der) throw new Error(`generation ${id} has no ${which} certificate`);
    return parseCertificate(der);
  }

  /** Every version of a CRL that was ever in the bucket and can be read, the oldest first. */
  async crls(id = "g1", which: "root" | "issuing" = "issuing"): Promise<(OpenedCrl & { number: bigint })[]> {
    const key = which === "root" ? externalKeys.rootCrl(id) : externalKeys.issuingCrl(id);
    const issuer = await this.certificateOf(id, which);
    return (this.bucket.versions.get(key) ?? []).flatMap((object) => {
      try {
        return object ? [openCrl(object.body, issuer) as OpenedCrl & { number: bigint }] : [];
      } catch {
        return [];
      }
    });
  }

  async latestCrl(id = "g1", which: "root" | "issuing" = "issuing") {
    const latest = (await this.crls(id, which)).at(-1);
    if (!latest) throw new Error(`no CRL of ${id}`);
    return latest;
  }
}

const calm: Disturbance = (_call, effect) => effect();

function counting(): () => number {
  let next = 0;
  return () => next++;
}

export function granted<T extends object>(answer: T | Refusal): T {
  if (isRefusal(answer)) throw new Error(`refused: ${answer.refused.code}: ${answer.refused.message}`);
  return answer;
}

export const refusalOf = (answer: object): string =>
  isRefusal(answer) ? answer.refused.code : `not refused: ${JSON.stringify(answer).slice(0, 200)}`;

/** A request for CN (and OU), signed with its key. */
export function request(
  commonName: string,
  keyPair: KeyPair = makeKeyPair("P-256"),
  organization?: string,
  dnsNames: readonly string[] = [],
): IssueRequest {
  const unsigned = prepareRequest({
    publicKey: keyPair.publicKey,
    subject: [
      { type: "CN", value: commonName },
      ...(organization === undefined ? [] : [{ type: "O", value: organization }]),
    ],
    dnsNames,
  });
  return { csr: encodePem("CERTIFICATE REQUEST", signWith(keyPair.privateKey, unsigned)), profile: "client" };
}
