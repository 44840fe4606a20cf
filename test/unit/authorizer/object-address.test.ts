import { objectAddress } from "#aws/object-address.ts";

const name = { bucket: "dev-ca-external-1", region: "eu-west-1", key: "crl/g1-issuing.crl" };

describe("objectAddress", () => {
  test("is virtual-hosted and https on AWS, in the bucket's own region", () => {
    expect(objectAddress(name, undefined)).toEqual({
      hostname: "dev-ca-external-1.s3.eu-west-1.amazonaws.com",
      path: "/crl/g1-issuing.crl",
    });
  });

  test.each([
    ["https://127.0.0.1:4566", { hostname: "127.0.0.1", port: 4566 }],
    ["http://[::1]:4566/", { hostname: "::1", port: 4566 }],
    ["https://s3.example.com", { hostname: "s3.example.com" }],
  ])("is path-style at %s", (endpoint, address) => {
    expect(objectAddress(name, new URL(endpoint))).toEqual({
      ...address,
      path: "/dev-ca-external-1/crl/g1-issuing.crl",
    });
  });

  test("spells every character that is not unreserved in per cent, slashes of the key excepted", () => {
    const odd = { ...name, key: "a b/(c)*'!+ü?#", versionId: "v/+=&x" };
    expect(objectAddress(odd, undefined).path).toBe(
      "/a%20b/%28c%29%2A%27%21%2B%C3%BC%3F%23?versionId=v%2F%2B%3D%26x",
    );
  });
});
