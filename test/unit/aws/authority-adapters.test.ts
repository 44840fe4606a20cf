/**
 * The authority's ports to AWS, at the wire: what they ask, and what they make of the answers that matter. That the
 * services then do as documented is shown end to end on the embedded AWS.
 */
import { DynamoLedger } from "#aws/dynamo-ledger.ts";
import { notifyThrough } from "#aws/event-bus.ts";
import { invokeFunction } from "#aws/invoke-function.ts";
import { KmsSigner } from "#aws/kms-signer.ts";
import { ledgerEntries } from "#aws/ledger-entries.ts";
import { publishThrough } from "#aws/publish-function.ts";
import { S3ExternalBucket } from "#aws/s3-external-bucket.ts";
import { Denied } from "#ca/ports.ts";
import type { Revocation } from "#ca/revocation.ts";
import { type Answer, type FakeAws, fakeAws, json, jsonError } from "./fake-aws.ts";

let aws: FakeAws;
const start = async (...answers: readonly Answer[]) => {
  aws = await fakeAws(...answers);
  return aws.connection;
};
const bodies = () => aws.asked.map((one) => JSON.parse(one.body));

afterEach(() => aws.close());

describe("S3", () => {
  const put = async (answer: Answer, condition: { absent: true } | { etag: string }) =>
    new S3ExternalBucket(await start(answer), "external").put(
      "crl/g1.crl",
      Buffer.from("crl"),
      "a/b",
      condition,
    );

  test("an object is read with ETag and version", async () => {
    const answer = { headers: { etag: '"abc"', "x-amz-version-id": "v1" }, body: "crl" };
    const bucket = new S3ExternalBucket(await start(answer), "external");
    expect(await bucket.get("crl/g1.crl")).toEqual({
      body: Buffer.from("crl"),
      etag: '"abc"',
      version: "v1",
    });
    expect(aws.asked[0]).toMatchObject({ method: "GET", path: "/external/crl/g1.crl?x-id=GetObject" });
    expect(bucket.uri("truststore.pem")).toBe("s3://external/truststore.pem");
  });

  test("without a version the bucket is not ours", async () => {
    const bucket = new S3ExternalBucket(await start({ headers: { etag: '"abc"' }, body: "crl" }), "external");
    await expect(bucket.get("x")).rejects.toThrow("is the bucket versioned?");
  });

  test.each([404, 403])("status %i is no object that could be seen", async (status) => {
    expect(await new S3ExternalBucket(await start({ status }), "external").get("x")).toBeUndefined();
  });

  test("any other failure of a read is a fault", async () => {
    await expect(new S3ExternalBucket(await start({ status: 400 }), "external").get("x")).rejects.toThrow();
  });

  test("a put goes on the ETag that was read, or on absence", async () => {
    expect(await put({}, { etag: '"abc"' })).toBe(true);
    expect(aws.asked[0]?.headers["if-match"]).toBe('"abc"');
    await aws.close();
    expect(await put({}, { absent: true })).toBe(true);
    expect(aws.asked[0]?.headers["if-none-match"]).toBe("*");
  });

  test.each([412, 409, 404])("status %i to a put: the condition does not hold", async (status) => {
    expect(await put({ status }, { etag: '"abc"' })).toBe(false);
  });

  test("a denied put is Denied", async () => {
    const body = "<Error><Code>AccessDenied</Code><Message>no</Message></Error>";
    await expect(put({ status: 403, body }, { absent: true })).rejects.toBeInstanceOf(Denied);
  });
});

describe("KMS", () => {
  test("signs the digest, as a digest, with the key's algorithm", async () => {
    const signer = new KmsSigner(await start(json({ Signature: Buffer.from("sig").toString("base64") })));
    expect(await signer.sign("arn:key", "ecdsa-with-SHA384", Buffer.from("digest"))).toEqual(
      Buffer.from("sig"),
    );
    expect(bodies()).toEqual([
      {
        KeyId: "arn:key",
        Message: Buffer.from("digest").toString("base64"),
        MessageType: "DIGEST",
        SigningAlgorithm: "ECDSA_SHA_384",
      },
    ]);
  });

  test("a denied Sign is Denied; an empty answer is a fault", async () => {
    const denied = new KmsSigner(await start(jsonError(400, "AccessDeniedException")));
    await expect(denied.sign("k", "ecdsa-with-SHA256", Buffer.alloc(32))).rejects.toBeInstanceOf(Denied);
    await aws.close();
    const empty = new KmsSigner(await start(json({})));
    await expect(empty.publicKey("k")).rejects.toThrow("no public key");
  });
});

describe("Lambda", () => {
  const lambda = (value: unknown, headers: Record<string, string> = {}): Answer => ({
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(value),
  });

  test("the answer is parsed; a refusal stays an answer", async () => {
    const refusal = { refused: { code: "profile", message: "no" } };
    expect(await invokeFunction(await start(lambda(refusal)), "dev-ca-issue", { csr: "x" })).toEqual(refusal);
    expect(aws.asked[0]).toMatchObject({
      path: "/2015-03-31/functions/dev-ca-issue/invocations",
      body: '{"csr":"x"}',
    });
  });

  test("an error inside the function is an error with its type", async () => {
    const failed = lambda(
      { errorType: "lease-lost", errorMessage: "lease-lost: …" },
      { "x-amz-function-error": "Unhandled" },
    );
    await expect(invokeFunction(await start(failed), "dev-ca-reconcile", {})).rejects.toMatchObject({
      name: "FunctionError",
      type: "lease-lost",
      message: "dev-ca-reconcile failed: lease-lost: …",
    });
  });

  test("is invoked once, whatever comes back", async () => {
    await expect(invokeFunction(await start(jsonError(500, "ServiceException")), "f", {})).rejects.toThrow();
    expect(aws.asked).toHaveLength(1);
  });

  test("a refusal of ca-publish is a fault of whoever had it published", async () => {
    const publish = publishThrough(
      await start(lambda({ refused: { code: "request", message: "x" } })),
      "dev-ca-publish",
    );
    await expect(publish({ action: "publish" })).rejects.toThrow("dev-ca-publish refused (request): x");
  });
});

describe("DynamoDB", () => {
  const revocation: Revocation = {
    serial: "4a",
    state: "revoked",
    reason: "superseded",
    revokedAt: new Date("2026-03-01T12:00:00Z"),
    notAfter: new Date("2026-06-01T00:00:00Z"),
    revision: 2,
  };
  const item = (serial: string) => ({
    pk: { S: "issuer#aa" },
    sk: { S: `revocation#${serial}` },
    state: { S: "revoked" },
    reason: { S: "superseded" },
    revokedAt: { S: "2026-03-01T12:00:00Z" },
    notAfter: { S: "2026-06-01T00:00:00Z" },
    revision: { N: "2" },
  });

  test("revocations are read from the base table, consistently, page after page", async () => {
    const ledger = new DynamoLedger(
      await start(
        json({ Items: [item("4a")], LastEvaluatedKey: { pk: { S: "issuer#aa" }, sk: { S: "x" } } }),
        json({ Items: [item("4b")] }),
      ),
      "dev-ca-ledger",
    );
    expect(await ledger.revocations("aa")).toEqual([revocation, { ...revocation, serial: "4b" }]);
    for (const query of bodies())
      expect(query).toMatchObject({ ConsistentRead: true, TableName: "dev-ca-ledger" });
    expect(bodies().map((query) => query.IndexName)).toEqual([undefined, undefined]);
    expect(bodies()[1].ExclusiveStartKey).toEqual({ pk: { S: "issuer#aa" }, sk: { S: "x" } });
  });

  test("single items are read consistently, and come back as they went in", async () => {
    const ledger = new DynamoLedger(await start(json({}), json({ Item: item("4a") })), "t");
    expect(await ledger.writeRevocation("aa", revocation, { ...revocation, revision: 1 })).toBe(true);
    expect(await ledger.revocation("aa", "4a")).toEqual(revocation);
    const [put, get] = bodies();
    expect(put.Item).toEqual(item("4a"));
    expect(put).toMatchObject({
      ConditionExpression: "revision = :revision",
      ExpressionAttributeValues: { ":revision": { N: "1" } },
    });
    expect(get.ConsistentRead).toBe(true);
  });

  test("a condition that does not hold is an answer, not an exception", async () => {
    const ledger = new DynamoLedger(await start(jsonError(400, "ConditionalCheckFailedException")), "t");
    expect(await ledger.writeRevocation("aa", revocation, undefined)).toBe(false);
    expect(bodies()[0].ConditionExpression).toBe("attribute_not_exists(pk)");
  });

  test("a denied call is Denied", async () => {
    const ledger = new DynamoLedger(await start(jsonError(400, "AccessDeniedException")), "t");
    await expect(ledger.configuration()).rejects.toBeInstanceOf(Denied);
  });

  test("a client comes back as it went in, and only what was read is replaced", async () => {
    const client = {
      name: "partner-a",
      csr: "ab",
      profile: "client",
      certificates: [
        { generation: "g1", issuer: "aa", serial: "4a", notAfter: new Date("2026-06-01T00:00:00Z") },
      ],
      released: false,
      revision: 2,
    };
    const ledger = new DynamoLedger(await start(json({})), "t");
    expect(await ledger.writeClient(client, { ...client, revision: 1 })).toBe(true);
    const [put] = bodies();
    expect(put.Item).toMatchObject({ pk: { S: "clients" }, sk: { S: "partner-a" } });
    expect(put).toMatchObject({
      ConditionExpression: "revision = :revision",
      ExpressionAttributeValues: { ":revision": { N: "1" } },
    });
    await aws.close();
    const again = new DynamoLedger(await start(json({ Item: put.Item }), json({ Items: [put.Item] })), "t");
    expect(await again.client("partner-a")).toEqual(client);
    expect(await again.clients()).toEqual([client]);
    for (const read of bodies()) expect(read.ConsistentRead).toBe(true);
    await aws.close();
    const first = new DynamoLedger(await start(jsonError(400, "ConditionalCheckFailedException")), "t");
    expect(await first.writeClient(client, undefined)).toBe(false);
    expect(bodies()[0].ConditionExpression).toBe("attribute_not_exists(pk)");
  });

  test("a number is taken by one atomic increment", async () => {
    const ledger = new DynamoLedger(await start(json({ Attributes: { number: { N: "7" } } })), "t");
    expect(await ledger.nextCrlNumber("aa")).toBe(7);
    expect(bodies()[0]).toMatchObject({
      Key: { pk: { S: "issuer#aa" }, sk: { S: "crl" } },
      UpdateExpression: "ADD #name :one",
      ReturnValues: "UPDATED_NEW",
    });
  });

  test("why a key cannot be bound is told apart", async () => {
    const refused = jsonError(400, "ConditionalCheckFailedException");
    const other = new DynamoLedger(await start(refused, json({ Item: { name: { S: "other" } } })), "t");
    expect(await other.bindKey("kk", "mine")).toBe("other-name");
    await aws.close();
    const lost = new DynamoLedger(
      await start(refused, json({ Item: { compromisedAt: { S: "2026" } } })),
      "t",
    );
    expect(await lost.bindKey("kk", "mine")).toBe("compromised");
  });

  test("an item that this CA did not write is a fault, not a guess", async () => {
    const ledger = new DynamoLedger(
      await start(json({ Item: { ...item("4a"), notAfter: { S: "soon" } } })),
      "t",
    );
    await expect(ledger.revocation("aa", "4a")).rejects.toThrow("notAfter is no time");
  });

  test("operators see every certificate with what became of it", async () => {
    const certificate = (serial: string, issued: boolean) => ({
      pk: { S: "issuer#aa" },
      sk: { S: `certificate#${serial}` },
      generation: { S: "g1" },
      profile: { S: "client" },
      subject: { S: `CN=${serial}` },
      notBefore: { S: "2026-03-01T11:59:00Z" },
      notAfter: { S: "2026-06-01T00:00:00Z" },
      keyHash: { S: "kk" },
      recordedAt: { S: "2026-03-01T12:00:00Z" },
      caller: { S: "onboarding" },
      ...(issued ? { issuedAt: { S: "2026-03-01T12:00:00Z" } } : {}),
    });
    const generation = {
      pk: { S: "generations" },
      sk: { S: "g1" },
      issuing: { M: { keyArn: { S: "arn" }, keyHash: { S: "aa" }, certificate: { B: "AA==" } } },
    };
    const connection = await start(
      json({ Items: [generation] }),
      json({ Items: [item("4a"), { ...item("4c"), state: { S: "released" } }] }),
      json({ Items: [certificate("4a", true), certificate("4b", false), certificate("4c", true)] }),
    );
    const entries = await ledgerEntries(connection, "t");
    expect(entries.map((one) => `${one.serial} ${one.status} ${one.caller}`)).toEqual([
      "4a revoked onboarding",
      "4b recorded onboarding",
      "4c issued onboarding",
    ]);
  });
});

describe("EventBridge", () => {
  const events = (count: number) =>
    Array.from({ length: count }, (_, index) => ({
      detailType: "Certificate Issued",
      detail: { serial: `${index}` },
    }));
  const taken = (count: number) =>
    json({ FailedEntryCount: 0, Entries: Array.from({ length: count }, () => ({ EventId: "e" })) });

  test("events go to the bus, ten at once", async () => {
    await notifyThrough(await start(taken(10), taken(2)), "dev-ca")(events(12));
    expect(bodies().map((one) => one.Entries.length)).toEqual([10, 2]);
    expect(bodies()[1].Entries[1]).toEqual({
      EventBusName: "dev-ca",
      Source: "mtls-api.ca",
      DetailType: "Certificate Issued",
      Detail: '{"serial":"11"}',
    });
  });

  test.each([
    [
      "one that was not taken",
      { FailedEntryCount: 1, Entries: [{ ErrorCode: "InternalFailure" }] },
      "InternalFailure",
    ],
    ["an answer without a count", {}, "unknown events"],
  ])("%s is an error", async (_what, answer, message) => {
    await expect(notifyThrough(await start(json(answer)), "dev-ca")(events(1))).rejects.toThrow(message);
  });

  test("a denied call is an error", async () => {
    const notify = notifyThrough(await start(jsonError(400, "AccessDeniedException")), "dev-ca");
    await expect(notify(events(1))).rejects.toThrow();
  });
});
