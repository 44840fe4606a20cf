/** The private edge of the configuration: careful defaults, and every impossible value refused by name. */
import { halvesOf, isPrivateRange } from "#config/address-range.ts";
import { ConfigError } from "#config/config-error.ts";
import { changed, type Loose } from "./sample.ts";

const edge = (): Loose => ({
  network: {
    kind: "given",
    vpcId: "vpc-0123456789abcdef0",
    subnetIds: ["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"],
    services: { kind: "given", securityGroupId: "sg-0123456789abcdef0" },
  },
  serverName: "api.internal.example.com",
  zone: { name: "internal.example.com" },
  serverCertificate: { secret: "test/edge-certificate" },
  accessFrom: ["10.20.0.0/16"],
});
const made = () => ({ kind: "made", cidr: "10.64.0.0/24", zones: ["eu-west-2a", "eu-west-2b"] });

const crlOf = (maxAgeMinutes: number | undefined) => ({
  ...{ lifetimeHours: 24, publishEveryMinutes: 1, rootLifetimeDays: 90 },
  ...(maxAgeMinutes === undefined ? {} : { maxAgeMinutes }),
});
const server = (url = "https://orders.internal.example.com") => ({ url, ranges: ["10.20.4.0/24"] });

const withEdge = (change: (edge: Loose, input: Loose) => void = () => {}) =>
  changed((input) => {
    input.apis[0].privateEdge = edge();
    change(input.apis[0].privateEdge, input);
  }).apis[0]?.privateEdge;

test("what is not said takes the careful value", () => {
  expect(withEdge()).toMatchObject({
    instances: { type: "t4g.small", min: 2, max: 6, connections: 2000 },
  });
});

test.each([
  ["a network of our own", (one: Loose) => Object.assign(one, { network: made() })],
  [
    "endpoints made in a given network",
    (one: Loose) =>
      Object.assign(one.network, { services: { kind: "made", routeTableIds: ["rtb-0123456789abcdef0"] } }),
  ],
  [
    "a secret by its ARN",
    (one: Loose) =>
      Object.assign(one.serverCertificate, {
        secret: "arn:aws:secretsmanager:eu-west-2:222222222222:secret:edge-Ab12Cd",
      }),
  ],
  ["a server of one's own behind it", (one: Loose) => Object.assign(one, { urlToProxy: server() })],
  [
    "a token endpoint with a port and a path",
    (one: Loose) =>
      Object.assign(one, { tokenEndpoint: { ...server("https://auth.example.com:8444/a/b"), port: 9443 } }),
  ],
  [
    "CRLs that last until NGINX has fetched the next",
    (_: Loose, input: Loose) => Object.assign(input.ca, { crl: crlOf(4) }),
  ],
])("%s is accepted", (_, change) => {
  expect(withEdge(change)).toBeDefined();
});

test("the CA must be in the API's region: the sentence says why", () => {
  expect(() =>
    withEdge((_, input) => {
      input.ca.region = "eu-west-1";
    }),
  ).toThrow(
    "apis.0.region: the CA's region (eu-west-1) beside privateEdge: without a way to the internet, instances reach the CA's bucket by a gateway endpoint for S3, which leads to its own region only; got \"eu-west-2\"",
  );
});

type Refused = readonly [what: string, change: (edge: Loose, input: Loose) => void, message: string];
const refused: readonly Refused[] = [
  ["everybody", (one) => (one.accessFrom = ["0.0.0.0/0"]), "accessFrom.0: an IPv4 network"],
  ["half of everybody", (one) => (one.accessFrom = ["128.0.0.0/1"]), "accessFrom.0: an IPv4 network"],
  ["an IPv6 range", (one) => (one.accessFrom = ["2001:db8::/32"]), "accessFrom.0: an IPv4 network"],
  ["bits behind the prefix", (one) => (one.accessFrom = ["10.20.0.1/16"]), "accessFrom.0"],
  ["nobody", (one) => (one.accessFrom = []), "accessFrom: at least one"],
  ["a range twice", (one) => (one.accessFrom = ["10.0.0.0/8", "10.0.0.0/8"]), "ranges must differ"],
  ["one subnet", (one) => one.network.subnetIds.pop(), "network.subnetIds: at least two"],
  [
    "a subnet twice",
    (one) => (one.network.subnetIds = ["subnet-0123456789abcdef0", "subnet-0123456789abcdef0"]),
    "subnets must differ",
  ],
  ["another kind of id", (one) => (one.network.vpcId = "subnet-0123456789abcdef0"), "network.vpcId: an id"],
  ["no services", (one) => delete one.network.services, "network.services"],
  ["a network of no kind", (one) => (one.network = { kind: "default" }), 'one of "given", "made"'],
  [
    "a public range for a network of ours",
    (one) => (one.network = { ...made(), cidr: "203.0.113.0/24" }),
    "network.cidr: a private range",
  ],
  [
    "a network too small",
    (one) => (one.network = { ...made(), cidr: "10.64.0.0/27" }),
    "network.cidr: a private range",
  ],
  [
    "one zone twice",
    (one) => (one.network = { ...made(), zones: ["eu-west-2a", "eu-west-2a"] }),
    "zones must differ",
  ],
  [
    "a zone elsewhere",
    (one) => (one.network = { ...made(), zones: ["eu-west-1a", "eu-west-2a"] }),
    "network.zones.0: a zone of the API's region (eu-west-2)",
  ],
  [
    "an Intel instance",
    (one) => (one.instances = { type: "t3.small" }),
    "instances.type: an instance type with",
  ],
  [
    "more at least than at most",
    (one) => (one.instances = { min: 4, max: 3 }),
    "instances.max: at least min (4)",
  ],
  ["no instance", (one) => (one.instances = { min: 0 }), "instances.min"],
  ["a name outside its zone", (one) => (one.serverName = "api.example.com"), "serverName: inside the zone"],
  ["a name at the apex", (one) => (one.serverName = "internal.example.com"), "serverName: inside the zone"],
  [
    "a zone that hides the public domain",
    (one) => Object.assign(one, { serverName: "edge.test.example.com", zone: { name: "test.example.com" } }),
    "zone.name: a zone that does not hold the public domain (api.test.example.com)",
  ],
  [
    "a certificate of another account",
    (one) =>
      (one.serverCertificate.secret = "arn:aws:secretsmanager:eu-west-2:111111111111:secret:edge-Ab12Cd"),
    "serverCertificate.secret: in the API's region and account (eu-west-2:222222222222)",
  ],
  [
    "a certificate in clear",
    (one) => (one.serverCertificate = { secret: "x", privateKey: "y" }),
    'unknown key: remove it or correct its spelling; got "privateKey"',
  ],
  ...[
    "http://auth.example.com",
    "https://user@auth.example.com",
    "https://auth.example.com/?a=b",
    "https://auth.example.com/a#b",
    "https://auth.example.com/a;b",
    "https://auth.example.com/..",
    "https://auth.example.com/",
    "https://10.0.0.1",
    "https://AUTH.example.com",
    "https://auth.example.com:0",
  ].map(
    (url): Refused => [
      `the URL ${url}`,
      (one) => (one.urlToProxy = server(url)),
      "urlToProxy.url: https:// and a domain name",
    ],
  ),
  [
    "a port that there is not",
    (one) => (one.tokenEndpoint = server("https://auth.example.com:65536")),
    "tokenEndpoint.url: a port of at most 65535",
  ],
  [
    "a server anywhere",
    (one) => (one.urlToProxy = { ...server(), ranges: ["0.0.0.0/0"] }),
    "urlToProxy.ranges.0: an IPv4 network of 8 to 32 bits",
  ],
  [
    "a server nowhere",
    (one) => (one.urlToProxy = { ...server(), ranges: [] }),
    "urlToProxy.ranges: at least one",
  ],
  [
    "a token endpoint on the edge's port",
    (one) => (one.tokenEndpoint = { ...server(), port: 443 }),
    "tokenEndpoint.port: 1024",
  ],
  [
    "names too long for a load balancer",
    (_, input) => {
      input.name = "a-long-name";
      input.apis[0].name = "b-longer-name-2";
    },
    'apis.0.name: with the environment\'s name ("a-long-name") at most 25 characters beside privateEdge',
  ],
  ...["internal", "sg-two"].map(
    (name): Refused => [
      `an environment called ${name}`,
      (_, input) => {
        input.name = name;
      },
      'name: not "internal…" or "sg…" beside privateEdge',
    ],
  ),
  [
    "no CRLs",
    (_, input) => (input.apis[0].authorizer.revocation = "off"),
    'authorizer.revocation: "crl" beside privateEdge',
  ],
  [
    "one instance outside a sandbox",
    (one, input) => {
      input.tier = "staging";
      one.instances = { min: 1 };
    },
    "instances.min: at least 2 outside a sandbox",
  ],
  [
    "CRLs that are too old before NGINX has fetched the next",
    (_, input) => (input.ca.crl = crlOf(3)),
    "ca.crl.maxAgeMinutes: at least 4 beside privateEdge",
  ],
  [
    "the same where the age is left out",
    (_, input) => (input.ca.crl = crlOf(undefined)),
    "ca.crl.maxAgeMinutes: at least 4 beside privateEdge",
  ],
];

test.each(refused)("%s is refused", (_, change, message) => {
  expect(() => withEdge(change)).toThrow(ConfigError);
  expect(() => withEdge(change)).toThrow(message);
});

test.each([
  ["10.64.0.0/24", ["10.64.0.0/25", "10.64.0.128/25"]],
  ["10.0.0.0/16", ["10.0.0.0/17", "10.0.128.0/17"]],
  ["172.31.255.192/26", ["172.31.255.192/27", "172.31.255.224/27"]],
])("the halves of %s", (range, halves) => {
  expect(halvesOf(range)).toEqual(halves);
});

test.each([
  ["10.0.0.0/8", true],
  ["172.16.0.0/12", true],
  ["172.31.0.0/16", true],
  ["192.168.1.0/24", true],
  ["172.32.0.0/16", false],
  ["172.0.0.0/8", false],
  ["192.169.0.0/16", false],
  ["203.0.113.0/24", false],
  ["fd00::/8", false],
])("%s is private: %s", (range, yes) => {
  expect(isPrivateRange(range)).toBe(yes);
});

test("two APIs under one server name are refused", () => {
  const twice = () =>
    changed((input) => {
      const [first] = input.apis;
      first.privateEdge = edge();
      input.apis.push({ ...first, name: "second", domain: "second.test.example.com", privateEdge: edge() });
    });
  expect(twice).toThrow("apis.1.privateEdge.serverName: server names must differ");
});
