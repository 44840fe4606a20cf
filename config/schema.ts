/**
 * What an environment is made of, field by field: the raw shape that config/environments/ fills in. Keys that are
 * not listed are refused. Relations between fields: relations.ts.
 */
import { z } from "zod";
import { altNameKinds } from "#contract/authorizer-policy.ts";
import { caKeySpecs, generationStatuses, revocationReasons } from "#contract/ca-requests.ts";
import { mostClients, mostRevocations } from "#contract/desired-state.ts";
import { PkiError } from "#pki/errors.ts";
import { parseSerial } from "#pki/serial.ts";
import { domainName } from "./domain-name.ts";
import { alarms, crossOrigin, firewall, kmsKeyArn, quotas } from "./edge.ts";
import { privateEdge } from "./private-edge.ts";
import { tokens } from "./tokens.ts";

export const slug = z
  .string()
  .max(32, "at most 32 characters")
  .regex(
    /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/,
    "lower-case letters and digits, single hyphens between them, a letter first",
  );
export const account = z.string().regex(/^\d{12}$/, "an AWS account id: 12 digits, as a string");
export const region = z
  .string()
  .regex(
    /^(?!cn-|us-gov-|us-iso|eu-isoe-)[a-z]{2}(-[a-z]+)+-\d$/,
    "an AWS region such as eu-west-2, of the partition aws (elsewhere ARNs begin differently)",
  );
const bucketName = z.string().regex(/^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/, "an S3 bucket name without dots");
const text = (most: number) => z.string().min(1, "not empty").max(most, `at most ${most} characters`);

const tagCharacters = "letters, digits, spaces and _ . : / = + - @";
const tagKey = z
  .string()
  .regex(/^(?!aws:)[\p{L}\p{N} _.:/=+@-]{1,128}$/iu, `${tagCharacters}, 1 to 128 of them, not aws:…`);
const tagValue = z.string().regex(/^[\p{L}\p{N} _.:/=+@-]{0,256}$/u, `${tagCharacters}, at most 256 of them`);

export const state = z.strictObject({ bucket: bucketName, region });

const operator = z
  .string()
  .regex(
    /^arn:aws:iam::\d{12}:(root|(role|user)\/[\w+=,.@/-]{1,500})$/,
    "the ARN of a role, of a user or of an account's root, without wildcards",
  );

export const operators = z.array(operator).min(1, "at least one: nobody else can deploy");

const generation = z.strictObject({
  id: z.string().regex(/^g[1-9]\d{0,3}$/, "g and a number: g1, g2 …"),
  status: z.enum(generationStatuses),
  rootKeySpec: z.enum(caKeySpecs).default("ECC_NIST_P384"),
  issuingKeySpec: z.enum(caKeySpecs).default("ECC_NIST_P256"),
  /** Retire it although certificates of it are still valid: their holders lose access. */
  retireWithValidCertificates: z.boolean().default(false),
  /**
   * Where everybody can read the bucket's crl/ and certs/ (a CDN in front of it): leaves name CRL and issuer, the CRL
   * names itself. Fixed once the generation has issued.
   */
  publicUrl: z
    .string()
    .max(200, "at most 200 characters")
    .regex(
      /^https?:\/\/[a-z0-9.-]+(:\d+)?(\/[A-Za-z0-9._~-]+)*$/,
      "an http or https URL without a slash at its end, such as http://pki.example.com",
    )
    .optional(),
});
export const generations = z.array(generation).min(1, "at least one").max(20, "at most 20");

const attributeType = z.enum(["CN", "O", "OU", "C", "L", "ST", "serialNumber", "emailAddress", "DC", "UID"]);
const profile = z.strictObject({
  maxDays: z.int().min(1).max(825),
  keyTypes: z.array(z.enum(["RSA-2048", "RSA-3072", "RSA-4096", "P-256", "P-384"])).min(1, "at least one"),
  subject: z.strictObject({
    allowed: z.array(attributeType),
    required: z.array(attributeType),
    fixed: z.partialRecord(attributeType, text(64)),
  }),
  subjectAltNames: z.array(
    z.strictObject({ kind: z.enum(["dns", "ip", "email", "uri"]), pattern: text(200) }),
  ),
  extendedKeyUsage: z.array(z.enum(["clientAuth", "serverAuth"])).min(1, "at least one"),
});
export const profiles = z.record(slug, profile);

export const crl = z.strictObject({
  /** nextUpdate of an issuing CRL. */
  lifetimeHours: z
    .int()
    .min(1)
    .max(24 * 30),
  publishEveryMinutes: z
    .int()
    .min(1)
    .max(24 * 60),
  /** The authorizer believes no issuing CRL older than this; 3 × publishEveryMinutes when left out. */
  maxAgeMinutes: z.int().min(1).optional(),
  /** nextUpdate of a root CRL. */
  rootLifetimeDays: z.int().min(2).max(400),
});

const finalReasons = revocationReasons.filter((one) => one !== "certificateHold");

/** Lower-case hex of the content octets, however it was written. */
function canonicalSerial(text: string, context: z.RefinementCtx): string {
  try {
    return parseSerial(text);
  } catch (error) {
    if (!(error instanceof PkiError)) throw error;
    context.addIssue({ code: "custom", message: error.message, input: text });
    return z.NEVER;
  }
}

const pattern = text(200);

/** Somebody beside the operators who may have certificates issued: known by a function alias of its own. */
export const caller = z.strictObject({
  name: slug,
  /** Who invokes the alias. It must exist when this is deployed, and be deployed anew when it is made anew. */
  principal: operator,
  profiles: z.array(slug).min(1, "at least one"),
  /** Patterns: every common name and alternative name must match one from its first character to its last. */
  names: z.array(pattern).min(1, "at least one"),
  /** It may revoke what was issued to it. */
  mayRevoke: z.boolean().default(false),
});

export const client = z.strictObject({
  name: slug,
  /** The request's file, beside the environment's index.ts. */
  csr: z
    .string()
    .regex(/^clients\/[a-zA-Z0-9][a-zA-Z0-9._-]{0,99}\.csr$/, "a file clients/NAME.csr beside index.ts"),
  profile: slug,
  /** The profile's longest when left out. */
  validDays: z.int().min(1).max(825).optional(),
  /** No longer looked after; deployed once, the client may be taken out. Its certificate stays good until its end. */
  released: z.boolean().default(false),
});

const generationId = z.string().regex(/^g[1-9]\d{0,3}$/, "g and a number: g1, g2 …");
export const revocation = z.strictObject({
  generation: generationId,
  serial: z.string().transform(canonicalSerial),
  /** Final reasons only: a hold is put and released by command. */
  reason: z.enum(finalReasons),
  /** Since when the key is believed lost. */
  invalidSince: z.iso.datetime({ offset: true, error: "a time such as 2026-01-31T12:00:00Z" }).optional(),
});

/** What hashicorp/tls can write into a subject. */
const tlsAttribute = z.enum(["CN", "O", "OU", "C", "L", "ST", "serialNumber"]);

/** SHA-256 of a certificate, as openssl writes it or in plain hex. */
const fingerprint = z
  .string()
  .regex(
    /^[0-9a-fA-F]{2}(:?[0-9a-fA-F]{2}){31}$/,
    "a certificate's SHA-256 fingerprint: 64 hexadecimal digits",
  )
  .transform((text) => text.replaceAll(":", "").toLowerCase());

/** Where a CRL comes from: a file beside index.ts, or an object in S3 that ca-mirror is let to read. */
const crlSource = z.union([
  z.strictObject({ file: beside("crl") }),
  z.strictObject({
    bucket: bucketName,
    key: z.string().regex(/^[A-Za-z0-9_.=/-]{1,200}$/, "letters, digits and _ . = / -, 1 to 200 of them"),
    region,
  }),
]);

function beside(extension: string) {
  return z
    .string()
    .regex(
      new RegExp(`^ca/[a-zA-Z0-9][a-zA-Z0-9._-]{0,99}\\.${extension}$`),
      `a file ca/NAME.${extension} beside index.ts`,
    );
}

/** Who makes certificates and CRLs (docs/engines.md). */
export const engine = z.discriminatedUnion(
  "kind",
  [
    z.strictObject({ kind: z.literal("kms"), generations }),
    z.strictObject({
      kind: z.literal("tls"),
      /** Clients whose keys Terraform makes too: they lie in its state. */
      generatedClients: z
        .array(
          z.strictObject({
            name: slug,
            profile: slug,
            subject: z.partialRecord(tlsAttribute, text(64)),
          }),
        )
        .max(50, "at most 50")
        .default([]),
    }),
    z.strictObject({
      kind: z.literal("existing"),
      /** The truststore: every CA certificate, roots too. A file, because what is trusted is reviewed. */
      bundle: beside("pem"),
      /** Whose clients are let in: issuing certificates of the bundle. The others of the bundle issue nothing here. */
      issuers: z
        .array(
          z.strictObject({
            generation: generationId,
            issuing: fingerprint,
            root: fingerprint,
            crls: z.strictObject({ issuing: crlSource, root: crlSource }),
          }),
        )
        .min(1, "at least one")
        // All of it must fit into a function's environment.
        .max(4, "at most 4"),
    }),
  ],
  { error: 'one of "kms", "tls", "existing"' },
);

const ca = z.strictObject({
  account,
  region,
  state,
  /** O of the CA's own certificates. */
  organization: text(64),
  engine,
  /** What may be issued; none where nothing is issued here (engine "existing"). */
  profiles: profiles.default({}),
  /** Who else may ask for what. */
  callers: z.array(caller).max(100, "at most 100").default([]),
  /** Certificates that the deployment issues. */
  clients: z.array(client).max(mostClients, `at most ${mostClients}`).default([]),
  /** Certificates that the deployment revokes, for ever: a line that is taken away revives nothing. */
  revoked: z.array(revocation).max(mostRevocations, `at most ${mostRevocations}`).default([]),
  /** Left out where there are no CRLs (engine "tls"). */
  crl: crl.optional(),
  /** Who is written to of what the CA did and of its alarms; each address confirms once. */
  notifications: z
    .strictObject({ emails: z.array(z.email()).max(20, "at most 20").default([]) })
    .prefault({}),
});

/** Every value of the kind must be so, and there must be one. */
const valueRule = z.union([
  z.strictObject({ equals: text(256) }),
  z.strictObject({ oneOf: z.array(text(256)).min(1, "at least one") }),
  /** A regular expression over the whole value. */
  z.strictObject({ pattern }),
]);

/** Who is let in where: every condition that is there must hold. */
const rule = z.strictObject({
  name: slug,
  routes: z.union([z.literal("all"), z.array(z.string()).min(1, "at least one")]),
  subject: z.partialRecord(attributeType, valueRule).optional(),
  subjectAltNames: z.partialRecord(z.enum(altNameKinds), valueRule).optional(),
  /** RFC 8705 `x5t#S256`, any of them. */
  thumbprints: z
    .array(z.string().regex(/^[A-Za-z0-9_-]{43}$/, "base64url SHA-256 of a certificate: 43 characters"))
    .min(1, "at least one")
    .optional(),
  /** Any of these certificates, by what no other issuer can imitate. */
  certificates: z
    .array(z.strictObject({ generation: generationId, serial: z.string().transform(canonicalSerial) }))
    .min(1, "at least one")
    .optional(),
  /** The class in which these clients are counted, under a key of their own; the default's shared key when left out. */
  quota: z.string().optional(),
});

export const authorizer = z.strictObject({
  rules: z.array(rule).min(1, "at least one rule: without a rule nobody has access"),
  /** "off": revoked certificates are let in. Engine "tls" knows no CRLs and must say so; no other may. */
  revocation: z.enum(["crl", "off"]).default("crl"),
  /** How often the authorizer asks for a newer CRL. */
  refreshSeconds: z.int().min(1).max(300).default(5),
  /** How long the last good CRL may serve while the bucket cannot be reached. */
  maxOutageSeconds: z.int().min(0).max(3600).default(60),
  /** Left out: no tokens, and no routes that ask for scopes. */
  tokens: tokens.optional(),
});

/** Where routes to a backend go, and who may read the keys by which it knows that we sent them. */
export const backend = z.strictObject({
  /** An origin: the path is the route's, and the token names it. */
  url: z
    .string()
    .max(300, "at most 300 characters")
    .regex(
      /^https:\/\/([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}(:[1-9]\d{0,4})?$/,
      "https:// and a domain name, with a port if need be, without a path: https://pets.example.com",
    ),
  /** `aud` of its tokens; the URL when left out. */
  audience: text(300).optional(),
  /** Who reads the JWKS (they need not exist yet). */
  readers: z.array(operator).max(50, "at most 50").default([]),
  /** The active one signs; the JWKS holds all. To rotate: add one, make it active, take the old one out. */
  keys: z
    .array(
      z.strictObject({
        id: z.string().regex(/^k[1-9]\d{0,3}$/, "k and a number: k1, k2 …"),
        status: z.enum(["active", "published"]),
      }),
    )
    .min(1, "at least one")
    .max(3, "at most 3")
    .default([{ id: "k1", status: "active" }]),
});

const retentionDays = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 3653,
] as const;

const api = z.strictObject({
  name: slug,
  account,
  region,
  state,
  stage: z.string().regex(/^[a-zA-Z0-9_-]{1,64}$/, "letters, digits, hyphen, underscore, at most 64"),
  domain: domainName,
  /** `account`: the zone's, when it is not the API's. */
  zone: z.strictObject({ name: domainName, account: account.optional() }),
  authorizer,
  /** Left out: the API has no routes to a backend. */
  backend: backend.optional(),
  /** Left out: pages of another origin can call nothing. */
  cors: crossOrigin.optional(),
  throttle: z
    .strictObject({ ratePerSecond: z.number().min(1).max(10_000), burst: z.int().min(1).max(5_000) })
    .default({ ratePerSecond: 100, burst: 200 }),
  /** Left out: no web ACL. */
  firewall: firewall.optional(),
  /** Left out: clients are not counted. */
  quotas: quotas.optional(),
  /** Left out: no alarms, no dashboard, and nobody watches the domain. */
  alarms: alarms.optional(),
  /** Left out: the API answers at its public domain only. */
  privateEdge: privateEdge.optional(),
  logs: z.strictObject({
    retentionDays: z.literal(retentionDays),
    /** CloudWatch's own key when left out. */
    kmsKeyArn: kmsKeyArn.optional(),
    /** API Gateway has one logging role an account and region: made by bootstrap, or there already. */
    gatewayRole: z.enum(["made", "existing"]).default("made"),
  }),
});

/** A pipeline that deploys without keys: GitHub Actions, by its OIDC tokens. */
const delivery = z.strictObject({
  github: z.strictObject({
    repository: z
      .string()
      .regex(
        /^[A-Za-z0-9][A-Za-z0-9-]{0,38}\/(?!\.{1,2}$)[A-Za-z0-9._-]{1,100}$/,
        "a GitHub repository, OWNER/NAME, without wildcards",
      ),
    /** An account knows GitHub once: made by bootstrap in the CA account, or there already. */
    provider: z.enum(["made", "existing"]).default("made"),
  }),
});

export const tier = z.enum(["sandbox", "staging", "production"]);

export const schema = z.strictObject({
  name: slug,
  /** sandbox: buckets and tables may be destroyed with their content. production: protected against it. */
  tier,
  tags: z.record(tagKey, tagValue).default({}),
  /**
   * Who runs Terraform. They assume the deploy and plan roles, and read the CA's outputs: Terraform reads remote
   * state with its caller's own credentials, whatever role the provider has assumed.
   */
  operators,
  /** Left out: nobody but the operators deploys. */
  delivery: delivery.optional(),
  ca,
  apis: z.array(api),
});

export type EnvironmentInput = z.input<typeof schema>;
export type Parsed = z.output<typeof schema>;
