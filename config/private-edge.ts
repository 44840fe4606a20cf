/**
 * The private edge of an API, field by field: NGINX for callers inside a network, before a private REST API (docs/
 * private-edge.md). Left out, there is none. What joins it to the rest of the environment: relations/private-edge.ts.
 */
import { z } from "zod";
import { familyOf, isPrivateRange, prefixLengthOf } from "./address-range.ts";
import { domainName } from "./domain-name.ts";
import { kmsKeyArn, secretId } from "./edge.ts";

const id = (kind: string) =>
  z.string().regex(new RegExp(`^${kind}-[0-9a-f]{8,17}$`), `an id such as ${kind}-0123456789abcdef0`);

/** An IPv4 range: an internal load balancer has no other addresses here. */
const range = z
  .string()
  .refine(
    (text) => familyOf(text) === "IPV4" && prefixLengthOf(text) >= 8,
    "an IPv4 network of 8 to 32 bits, such as 10.20.0.0/16, no bit set behind the prefix",
  );

const madeRange = range.refine(
  (text) => isPrivateRange(text) && prefixLengthOf(text) >= 16 && prefixLengthOf(text) <= 26,
  "a private range (RFC 1918) of 16 to 26 bits, such as 10.64.0.0/24: half of it for each zone",
);

const different = (what: string) => (all: readonly string[], context: z.RefinementCtx) => {
  if (new Set(all).size !== all.length)
    context.addIssue({ code: "custom", message: `${what} must differ`, input: all });
};

/** Endpoints of the AWS services that instances need: S3, Systems Manager, Secrets Manager, CloudWatch. */
const services = z.discriminatedUnion(
  "kind",
  [
    /** They are there, with private DNS and a route to S3; their security group admits instances of ours. */
    z.strictObject({ kind: z.literal("given"), securityGroupId: id("sg") }),
    /** Made here, with private DNS: everybody in the network then reaches these services by them. */
    z.strictObject({
      kind: z.literal("made"),
      /** Of the subnets: they get the route to S3. */
      routeTableIds: z.array(id("rtb")).min(1, "at least one").superRefine(different("route tables")),
    }),
  ],
  { error: 'one of "given", "made"' },
);

const network = z.discriminatedUnion(
  "kind",
  [
    z.strictObject({
      kind: z.literal("given"),
      vpcId: id("vpc"),
      /** Private ones, each in a zone of its own. */
      subnetIds: z
        .array(id("subnet"))
        .min(2, "at least two, in different zones")
        .max(6, "at most 6")
        .superRefine(different("subnets")),
      services,
    }),
    /** Made here: two subnets, no way to the internet; who may call reaches it by peering or a transit gateway. */
    z.strictObject({
      kind: z.literal("made"),
      cidr: madeRange,
      /** Each gets a subnet. */
      zones: z
        .array(z.string().regex(/^[a-z]{2}(-[a-z]+)+-\d[a-z]$/, "an availability zone such as eu-west-2a"))
        .length(2, "two")
        .superRefine(different("zones")),
    }),
  ],
  { error: 'one of "given", "made"' },
);

/** A server inside the network that NGINX passes requests on to. Its certificate is checked against public authorities. */
const server = z.strictObject({
  /** The path goes before every request's. */
  url: z
    .string()
    .max(300, "at most 300 characters")
    .regex(
      /^https:\/\/([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}(:[1-9]\d{0,4})?(\/[A-Za-z0-9_][A-Za-z0-9._-]{0,127}){0,8}$/,
      "https:// and a domain name, with port and path if need be, such as https://auth.internal.example.com/oauth",
    )
    .refine((text) => portOf(text) <= 65_535, "a port of at most 65535"),
  /** Where it lies: NGINX's instances may connect to nothing else beside what they need themselves. */
  ranges: z
    .array(range)
    .min(1, "at least one: NGINX could not connect")
    .max(20, "at most 20")
    .superRefine(different("ranges")),
});

/** Of a URL that `server` accepts. */
export const portOf = (url: string): number => Number(/^https:\/\/[^/:]+:(\d+)/.exec(url)?.[1] ?? 443);

/** Graviton: the letter g behind the generation. */
const instanceType = z
  .string()
  .regex(
    /^[a-z]{1,2}\d{1,2}g[a-z]{0,2}\.(micro|small|medium|large|xlarge|\d{1,2}xlarge)$/,
    "an instance type with an ARM processor, such as t4g.small",
  );

export const privateEdge = z.strictObject({
  network,
  /** What callers call: the name in the server's certificate, inside the zone. */
  serverName: domainName,
  /** A private hosted zone, made here and known inside the network only. */
  zone: z.strictObject({ name: domainName }),
  /** Certificate and key of the server: a secret of Secrets Manager that operators fill (docs/private-edge.md). */
  serverCertificate: z.strictObject({
    secret: secretId,
    /** The secret's own key; left out: aws/secretsmanager. */
    kmsKeyArn: kmsKeyArn.optional(),
  }),
  instances: z
    .strictObject({
      type: instanceType.default("t4g.small"),
      /** One's own, with the packages in it (docs/private-edge.md). Left out: the newest Amazon Linux 2023. */
      image: id("ami").optional(),
      min: z.int().min(1).max(50).default(2),
      max: z.int().min(1).max(50).default(6),
      /** The fleet grows when an instance has more on average. */
      connections: z.int().min(10).max(50_000).default(2_000),
    })
    .prefault({}),
  /** Whence the load balancer may be reached. Who a caller is, its certificate says. */
  accessFrom: z
    .array(range)
    .min(1, "at least one: nobody could call")
    .max(50, "at most 50")
    .superRefine(different("ranges")),
  /**
   * Left out: a private REST API with the routes, rules and tokens of the public one. With it NGINX passes requests on
   * to this server, and there is no private API and no authorizer: NGINX alone decides, by certificate and CRLs.
   */
  urlToProxy: server.optional(),
  /**
   * A second port, behind which any client certificate (or none) is handed to an authorization server in x-ssl-cert,
   * for tokens that are bound to it. Left out: there is none.
   */
  tokenEndpoint: server
    .extend({ port: z.int().min(1024, "1024 or more").max(65_535).default(8443) })
    .optional(),
});

export type PrivateEdge = z.output<typeof privateEdge>;
