/** CRL and issuer named in certificates, where the bucket has a public face. */
import type { GenerationConfiguration } from "#contract/ca-requests.ts";
import { externalKeys } from "#contract/external-bucket.ts";
import { parseCertificate } from "#pki/certificate.ts";
import { lookUp } from "#pki/crl/look-up.ts";
import { decodeOnePem, encodePem } from "#pki/pem.ts";
import { withOpenssl } from "#test/support/openssl.ts";
import { configuration, generation, granted, request, World } from "./world.ts";

const url = "http://pki.example.com/dev";
const open: GenerationConfiguration = { ...generation("g1"), publicUrl: url };

async function deployed(...generations: readonly GenerationConfiguration[]): Promise<World> {
  const world = new World();
  await world.apply(configuration(generations));
  return world;
}
const leaf = async (world: World, name = "partner-a") =>
  parseCertificate(decodeOnePem((await world.issued(request(name))).certificate, "CERTIFICATE"));

test("leaf and CRL name the same address, as OpenSSL reads them; the leaf says where its issuer is", async () => {
  const world = await deployed(open);
  const certificate = await leaf(world);
  const crl = await world.latestCrl();
  await withOpenssl(async (folder) => {
    await folder.write("leaf.pem", encodePem("CERTIFICATE", certificate.der));
    await folder.write("crl.pem", encodePem("X509 CRL", crl.der));
    const text = (await folder.openssl("x509", "-in", "leaf.pem", "-noout", "-text")).stdout;
    expect(text).toContain(`CA Issuers - URI:${url}/certs/g1-issuing.cer`);
    expect(text).toContain(`URI:${url}/crl/g1-issuing.crl`);
    const list = (await folder.openssl("crl", "-in", "crl.pem", "-noout", "-text")).stdout;
    expect(list).toMatch(
      /Issuing Distribution Point: critical\s+Full Name:\s+URI:http:\/\/pki\.example\.com\/dev\/crl\/g1-issuing\.crl/,
    );
  });
  expect(lookUp(crl, certificate, world.clock.now())).toEqual({ status: "good" });
});

test("what the leaf points to is there, in DER", async () => {
  const world = await deployed(open);
  const object = await world.bucket.get(externalKeys.caCertificateDer("g1", "issuing"));
  expect(parseCertificate(object?.body as Buffer).fingerprint).toBe(
    (await world.certificateOf("g1", "issuing")).fingerprint,
  );
});

test("without a public address neither names one", async () => {
  const world = await deployed(generation("g1"));
  expect((await leaf(world)).crlDistributionPoints).toBeUndefined();
  expect((await world.latestCrl()).issuingDistributionPoint).toBeUndefined();
});

const changes: readonly (readonly [string, GenerationConfiguration, GenerationConfiguration])[] = [
  ["given", generation("g1"), open],
  ["taken away", open, generation("g1")],
  ["changed", open, { ...open, publicUrl: "http://pki.example.com/other" }],
];

test.each(changes)(
  "an address that is %s would lock clients out: refused while there are any",
  async (_what, from, to) => {
    const world = await deployed(from);
    const certificate = await leaf(world);
    await expect(world.apply(configuration([to]))).rejects.toMatchObject({ code: "public-url-changed" });
    granted(await world.publish());
    expect(lookUp(await world.latestCrl(), certificate, world.clock.now()).status).toBe("good");
  },
);

test.each(changes)(
  "an address that is %s before anything is issued is published at once",
  async (_what, from, to) => {
    const world = await deployed(from);
    await world.apply(configuration([to]));
    expect(lookUp(await world.latestCrl(), await leaf(world), world.clock.now()).status).toBe("good");
  },
);

test("a new generation may have another address", async () => {
  const world = await deployed(generation("g1"));
  await leaf(world);
  const next = { ...generation("g2", "trusted"), publicUrl: url };
  await world.apply(configuration([generation("g1"), next]));
  await world.apply(configuration([generation("g1", "trusted"), { ...next, status: "active" }]));
  const certificate = await leaf(world, "partner-b");
  expect(lookUp(await world.latestCrl("g2"), certificate, world.clock.now()).status).toBe("good");
});
