/** An API in another region reads the CA's bucket where it is: S3 names the region, and is asked there. */
import { DeploymentReader } from "#aws/deployment-reader.ts";
import { TruststoreObjects } from "#aws/truststore-object.ts";
import { type FakeAws, fakeAws } from "./fake-aws.ts";

const elsewhere = {
  status: 301,
  headers: { "x-amz-bucket-region": "eu-north-1" },
  body: "<Error><Code>PermanentRedirect</Code><Message>elsewhere</Message></Error>",
};
const found = { headers: { "x-amz-version-id": "v1" }, body: "truststore" };

let aws: FakeAws;
beforeEach(async () => {
  aws = await fakeAws(elsewhere, found);
});
afterEach(() => aws.close());

const regions = () =>
  aws.asked.map(({ headers }) => /\/\d{8}\/([\w-]+)\/s3\//.exec(headers.authorization ?? "")?.[1]);

test("the truststore of a domain", async () => {
  expect(await new TruststoreObjects(aws.connection).read("s3://ca/truststore.pem", "v1")).toBe("truststore");
  expect(regions()).toEqual([aws.connection.region, "eu-north-1"]);
});

test("what doctor and rollout read", async () => {
  const object = await new DeploymentReader(aws.connection).object("ca", "truststore.pem", "v1");
  expect(object).toEqual({ body: Buffer.from("truststore"), version: "v1" });
  expect(regions()).toEqual([aws.connection.region, "eu-north-1"]);
});
