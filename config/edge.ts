/**
 * What stands around the authorizer, field by field: firewall, quotas, alarms. Each is left out or whole; what is
 * not said about it takes the careful value.
 */
import { z } from "zod";
import { familyOf } from "./address-range.ts";

const range = z
  .string()
  .refine(
    (text) => familyOf(text) !== undefined,
    "a network with its prefix length, such as 203.0.113.0/24 or 2001:db8::/32, lower case, no bit set behind the prefix, not /0",
  );

export const firewall = z
  .strictObject({
    /** What becomes of a request that no rule has decided on. */
    defaultAction: z.enum(["allow", "block"]).default("block"),
    /** With "block": who is let in, IPv4 and IPv6. */
    allow: z.array(range).max(10_000, "at most 10000: an IP set holds no more").default([]),
    /** Of one address; a certificate is not seen by a firewall. */
    ratePerFiveMinutes: z.int().min(10).max(2_000_000_000).default(2_000),
    /** AWS's common rules: block, count (to see first what they would block), or off. */
    managedRules: z.enum(["block", "count", "off"]).default("block"),
    /** WAF looks at no more than 16 KB of a body. */
    maxBodyBytes: z.int().min(1).max(16_384).default(8_192),
  })
  .superRefine(({ defaultAction, allow }, context) => {
    const report = (message: string) =>
      context.addIssue({ code: "custom", path: ["allow"], message, input: allow });
    if (defaultAction === "block" && allow.length === 0)
      report('at least one range while defaultAction is "block": nobody could call');
    if (defaultAction === "allow" && allow.length > 0)
      report('no range while defaultAction is "allow": the list would change nothing');
    if (new Set(allow).size !== allow.length) report("ranges must differ");
  });

const planName = z
  .string()
  .regex(/^[a-z][a-z0-9]{0,30}$/, "lower-case letters and digits, a letter first, at most 31");

export const quotas = z.strictObject({
  /** Usage plans by class. */
  plans: z.record(
    planName,
    z.strictObject({
      ratePerSecond: z.number().min(1).max(10_000),
      burst: z.int().min(1).max(5_000),
      /** Left out: as many as the rate lets through. */
      requests: z
        .strictObject({ limit: z.int().min(1).max(2_000_000_000), per: z.enum(["DAY", "WEEK", "MONTH"]) })
        .optional(),
    }),
  ),
  /** The class of rules that name none; their clients share one key. */
  default: planName,
});

export const alarms = z.strictObject({
  /** Who is written to; each must confirm. Other subscribers are added to the topic by whoever operates them. */
  emails: z.array(z.email("an e-mail address")).max(20, "at most 20").default([]),
  p99LatencyMilliseconds: z.int().min(50).max(29_000).default(2_000),
  /** Answers with 5xx within five minutes. */
  serverErrors: z.int().min(1).default(5),
  /** Requests refused with 429 within five minutes: for a rate, and apart from that for a quota. */
  tooManyRequests: z.int().min(1).default(50),
  /** Refusals with one code within five minutes; those that no client can cause ring at once. */
  denials: z.int().min(1).default(50),
  /** Before a CA or server certificate ends. ACM renews 60 days before the end. */
  certificateDays: z.int().min(1).max(365).default(30),
});

/** Whose pages may call the routes that ask for it (`cors` in contract/routes.ts), with the client's certificate. */
export const crossOrigin = z.strictObject({
  origin: z
    .string()
    .max(300, "at most 300 characters")
    .regex(
      /^https:\/\/([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}(:[1-9]\d{0,4})?$/,
      "one origin, without path and without *: https://app.example.com",
    ),
});

export const kmsKeyArn = z
  .string()
  .regex(
    /^arn:aws:kms:[a-z0-9-]+:\d{12}:key\/[0-9a-f-]{36}$/,
    "the ARN of a KMS key that CloudWatch Logs may use",
  );

/** Of Secrets Manager. */
export const secretId = z
  .string()
  .max(300, "at most 300 characters")
  .regex(
    /^(arn:aws:secretsmanager:[a-z0-9-]+:\d{12}:secret:[A-Za-z0-9/_+=.@-]+-[A-Za-z0-9]{6}|[A-Za-z0-9/_+=.@-]+)$/,
    "the name or the whole ARN (it ends in a hyphen and six characters) of a secret in Secrets Manager",
  );
