/** The CA's desired state: what ca-reconcile is invoked with, and the clients and revocations beside it. */
import { any, grant, guard, higherIsLooser, type Judge, turned } from "../judges.ts";
import { isObject, type Json } from "../stack.ts";
import { rows } from "./row.ts";

const statusOf = (generation: Json | undefined): string | undefined =>
  isObject(generation) ? String(generation.status) : undefined;

/** A CA more in the truststore admits more; one that leaves the configuration while it was trusted needs a person. */
const generation: Judge = ({ before, after }) => {
  if (after === undefined) return statusOf(before) === "retired" ? "tightens" : "unjudged";
  return statusOf(after) === "retired" ? "changes" : "loosens";
};

const isTrusted = (status: Json | undefined) => status === "active" || status === "trusted";
/** trusted → active changes who issues, not who is admitted. */
const transition: Judge = ({ before, after }) => {
  if (!isTrusted(after) && after !== "retired") return "unjudged";
  if (isTrusted(before) === isTrusted(after)) return "changes";
  return isTrusted(after) ? "loosens" : "tightens";
};

const input = "input.configuration";

export const certificateAuthority = [
  ...rows(
    "aws_lambda_invocation",
    "Certificate authorities and generations",
    [`${input}.generations[].status`, "status of a generation", transition],
    [
      `${input}.generations[].retireWithValidCertificates`,
      "retired with valid certificates: their holders lose access",
      any("changes"),
    ],
    [`${input}.generations[]`, "generation", generation],
    [`${input}.generations[].**`, "a generation's key", any("loosens")],
    [`${input}.organization`, "organization of the CA's own certificates", any("changes")],
    [`${input}.publicUrl`, "public address of CRLs and CA certificates", any("changes")],
    [`${input}.crl.lifetimeHours`, "how long an issuing CRL may be believed (hours)", higherIsLooser()],
    [`${input}.crl.publishEveryMinutes`, "how often CRLs are published (minutes)", higherIsLooser()],
    [`${input}.crl.rootLifetimeDays`, "how long a root CRL may be believed (days)", higherIsLooser()],
    // What this deployment asks for is a hash: the object that it stands for is shown by itself.
    [`${input}.desiredState.**`, "hash of clients and revocations", any("changes")],
  ),
  ...rows(
    "aws_lambda_invocation",
    "Certificates issued and revoked",
    [`${input}.profiles.*`, "profile", grant],
    [`${input}.profiles.*.maxDays`, "longest validity (days)", higherIsLooser()],
    [`${input}.profiles.*.keyTypes[]`, "key type accepted", grant],
    [`${input}.profiles.*.subject.allowed[]`, "subject attribute that may be asked for", grant],
    [`${input}.profiles.*.subject.required[]`, "subject attribute that must be there", guard],
    [`${input}.profiles.*.subject.fixed.*`, "subject attribute with a fixed value", guard],
    [`${input}.profiles.*.subjectAltNames[]`, "alternative names that may be asked for", grant],
    [`${input}.profiles.*.extendedKeyUsage[]`, "use of certificates", grant],
    [`${input}.profiles.*.subject.*`, "subject of a profile", any("unjudged")],
    [`${input}.profiles.*.*`, "profile", any("unjudged")],
    [`${input}.callers[]`, "somebody who may have certificates issued", grant],
    [`${input}.callers[].profiles[]`, "profile that a caller may use", grant],
    [`${input}.callers[].names[]`, "names that a caller may have issued", grant],
    [`${input}.callers[].mayRevoke`, "whether a caller may revoke", any("changes")],
    [`${input}.clients[]`, "client with a certificate", grant],
    [`${input}.revoked[]`, "revocation", guard],
  ),
  ...rows("aws_lambda_invocation", "Certificate authorities and generations", [
    "**",
    "what ca-reconcile is asked for",
    any("unjudged"),
  ]),
  ...rows(
    "aws_s3_object",
    "Certificates issued and revoked",
    ["content.clients.*.released", "client released: nothing more is issued", any("changes")],
    ["content.clients.*.validDays", "validity asked for (days)", higherIsLooser()],
    ["content.clients.*", "client with a certificate", grant],
    ["content.clients.*.**", "what a client's certificate is issued for", any("loosens")],
    ["content.clients", "clients with certificates", any("unjudged")],
    ["content.revoked[]", "revocation", guard],
    ["content.revoked.**", "revocations", any("unjudged")],
  ),
  // Engine "tls": the certificates are resources.
  ...rows(
    "tls_locally_signed_cert",
    "Certificates issued and revoked",
    ["is_ca_certificate", "may sign others", turned(false)],
    ["validity_period_hours", "validity (hours)", higherIsLooser()],
    ["allowed_uses[]", "use of a certificate", grant],
    ["**", "certificate", any("loosens")],
  ),
  ...rows("tls_self_signed_cert", "Certificate authorities and generations", [
    "**",
    "root certificate",
    any("loosens"),
  ]),
];
