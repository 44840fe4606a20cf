/** Who may call: the authorizer's policy (rules, tokens, revocation, pins) and the authorizer's place in the API. */
import { any, grant, guard, higherIsLooser, type Judge, must, mustBeThere } from "../judges.ts";
import { rows } from "./row.ts";

const concern = "Rules, tokens and revocation";

/** "all" admits everywhere; a list names routes, whose changes are judged one by one. */
const routesOfRule: Judge = ({ after }) => (after === "all" ? "loosens" : "tightens");

/** With the tokens goes their binding: that is judged as a whole. */
const bound: Judge = ({ before, after }) => {
  if (after === undefined || before === after) return undefined;
  return after === true ? (before === undefined ? undefined : "tightens") : "loosens";
};

export const authorizer = [
  ...rows(
    "aws_s3_object",
    concern,
    ["content.rules[].routes", "routes of a rule", routesOfRule],
    ["content.rules[].routes[]", "route of a rule", grant],
    ["content.rules[].subject.*.oneOf[]", "value that a rule admits", grant],
    ["content.rules[].subjectAltNames.*.oneOf[]", "value that a rule admits", grant],
    ["content.rules[].thumbprints[]", "certificate that a rule admits", grant],
    ["content.rules[].certificates[]", "certificate that a rule admits", grant],
    ["content.rules[].usageKey", "under whose key a rule's clients are counted", any("changes")],
    ["content.rules[]", "rule that admits clients", grant],
    // Whatever else stands in a rule is a condition, a list as a whole too: without it, or with another one, others
    // get in.
    ["content.rules[].*", "condition of a rule", guard],
    ["content.rules[].*.*", "condition of a rule", guard],
    ["content.rules[].*.*.*", "condition of a rule", guard],
    ["content.rules[].**", "condition of a rule", any("loosens")],
    ["content.revocation.issuingMaxAgeSeconds", "oldest issuing CRL that is believed (s)", higherIsLooser()],
    ["content.revocation.rootMaxAgeSeconds", "oldest root CRL that is believed (s)", higherIsLooser()],
    ["content.revocation.refreshSeconds", "how often a newer CRL is looked for (s)", higherIsLooser()],
    [
      "content.revocation.maxOutageSeconds",
      "how long the last good CRL serves in an outage (s)",
      higherIsLooser(),
    ],
    // `revocation: "off"`, or nothing at all.
    [
      "content.revocation",
      "revocation",
      ({ before, isNew }) => (isNew ? undefined : isOff(before) ? "tightens" : "loosens"),
    ],
    ["content.tokens", "access tokens are asked for", guard],
    ["content.tokens.bound", "tokens are bound to certificates", bound],
    ["content.tokens.clockToleranceSeconds", "tolerance of a token's times (s)", higherIsLooser()],
    ["content.tokens.timeoutMilliseconds", "time-out of the token service (ms)", any("changes")],
    ["content.tokens.answers", "form of refusals", any("changes")],
    ["content.tokens.report", "introspection reported in the context", any("changes")],
    ["content.tokens.**", "who issues the tokens, and for whom", any("loosens")],
    ["content.backend.**", "what backends are told of a caller", any("changes")],
    ["content.keys[]", "public key that backends believe", grant],
    ["content.truststore.**", "pinned truststore", any("loosens")],
    ["content.issuers.**", "accepted issuing certificates", any("loosens")],
    ["content.**", "content that nobody has judged", any("unjudged")],
    ["content_base64.**", "content that cannot be read", any("unjudged")],
    ["source", "content from a file", any("unjudged")],
  ),
  ...rows(
    "aws_api_gateway_authorizer",
    concern,
    ["authorizer_result_ttl_in_seconds", "decisions are kept (s)", must(0, 300)],
    [
      "identity_source",
      "sources without which a caller gets 401 (and by which decisions are kept)",
      must("", "method.request.header.Authorization"),
    ],
    ["type", "kind of authorizer", must("REQUEST", "TOKEN")],
    ["authorizer_uri", "function that decides", mustBeThere("loosens")],
    ["**", "authorizer", any("unjudged")],
  ),
];

const isOff = (value: unknown): boolean => value === undefined || value === "off";
