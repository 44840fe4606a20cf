/**
 * Engine "tls": hashicorp/tls makes root, issuing and client certificates in Terraform. For sandboxes of one account:
 * every private key lies in the state in clear (the configuration refuses everything else). No CRLs, no functions,
 * no ledger; a request's signature was checked when the configuration was read, because the provider does not.
 */

import { CertRequest } from "@cdktf/provider-tls/lib/cert-request/index.js";
import { LocallySignedCert } from "@cdktf/provider-tls/lib/locally-signed-cert/index.js";
import { PrivateKey } from "@cdktf/provider-tls/lib/private-key/index.js";
import { TlsProvider } from "@cdktf/provider-tls/lib/provider/index.js";
import { SelfSignedCert } from "@cdktf/provider-tls/lib/self-signed-cert/index.js";
import { Fn, TerraformOutput } from "cdktf";
import { Construct } from "constructs";
import type { TlsEnvironment } from "#config/environment.ts";
import { pemFingerprint, tlsOutputs } from "#contract/ca-outputs.ts";
import { externalKeys } from "#contract/external-bucket.ts";
import type { EngineProps, EngineResults } from "./engine.ts";
import { TruststoreObject } from "./truststore-object.ts";

type Profile = TlsEnvironment["ca"]["profiles"][string];

const generation = "g1";
const hoursOfDay = 24;
const validDays = { root: 3650, issuing: 1825 } as const;
const signing = ["cert_signing", "crl_signing"];

export class TlsEngine extends Construct {
  readonly results: EngineResults;

  readonly #environment: TlsEnvironment;

  constructor(scope: Construct, id: string, { environment, bucket }: EngineProps<TlsEnvironment>) {
    super(scope, id);
    this.#environment = environment;
    new TlsProvider(this, "provider");
    const root = this.#root();
    const issuing = this.#issuing(root);
    const truststore = new TruststoreObject(this, "truststore", {
      bucket,
      content: Fn.join("", [issuing.certificate.certPem, root.certificate.certPem]),
    });
    this.#clients(issuing);
    this.results = {
      truststore: truststore.results,
      issuers: [
        {
          generation,
          issuingFingerprint: fingerprint(issuing.certificate.certPem),
          issuingCrlKey: externalKeys.issuingCrl(generation),
          rootFingerprint: fingerprint(root.certificate.certPem),
          rootCrlKey: externalKeys.rootCrl(generation),
        },
      ],
      ...{ drift: [], clientNotices: [], ready: [] },
    };
  }

  #root() {
    const key = new PrivateKey(this, "root-key", { algorithm: "ECDSA", ecdsaCurve: "P384" });
    const certificate = new SelfSignedCert(this, "root", {
      privateKeyPem: key.privateKeyPem,
      subject: [this.#subject("root")],
      isCaCertificate: true,
      setSubjectKeyId: true,
      setAuthorityKeyId: true,
      allowedUses: signing,
      validityPeriodHours: validDays.root * hoursOfDay,
    });
    return { key, certificate };
  }

  #issuing(root: Authority): Authority {
    const key = new PrivateKey(this, "issuing-key", { algorithm: "ECDSA", ecdsaCurve: "P256" });
    const request = new CertRequest(this, "issuing-request", {
      privateKeyPem: key.privateKeyPem,
      subject: [this.#subject("issuing")],
    });
    const certificate = this.#sign("issuing", root, request.certRequestPem, {
      isCaCertificate: true,
      allowedUses: signing,
      validityPeriodHours: validDays.issuing * hoursOfDay,
    });
    return { key, certificate };
  }

  #subject(which: "root" | "issuing") {
    const { name, ca } = this.#environment;
    return { organization: ca.organization, commonName: `${name} ${which} CA ${generation}` };
  }

  /** Those that come with a request, and those whose key is made here. */
  #clients(issuing: Authority): void {
    const { clients, engine, profiles } = this.#environment.ca;
    const certificates: Record<string, string> = {};
    const issue = (name: string, profile: Profile, requestPem: string, days: number) => {
      const { certPem } = this.#sign(`client-${name}`, issuing, requestPem, {
        allowedUses: [
          "digital_signature",
          ...profile.extendedKeyUsage.map((one) => (one === "clientAuth" ? "client_auth" : "server_auth")),
        ],
        validityPeriodHours: days * hoursOfDay,
      });
      certificates[name] = certPem;
    };
    for (const { name, request, profile: profileName, validDays: days } of clients) {
      const profile = profileOf(profiles, profileName);
      issue(name, profile, request.replace(/\r\n/g, "\n"), days ?? profile.maxDays);
    }
    for (const { name, profile: profileName, subject } of engine.generatedClients) {
      const profile = profileOf(profiles, profileName);
      const key = new PrivateKey(this, `client-${name}-key`, keyOf(profile));
      const request = new CertRequest(this, `client-${name}-request`, {
        privateKeyPem: key.privateKeyPem,
        subject: [subjectOf({ ...subject, ...profile.subject.fixed })],
      });
      issue(name, profile, request.certRequestPem, profile.maxDays);
    }
    new TerraformOutput(this, tlsOutputs.certificates, { value: certificates, staticId: true });
  }

  #sign(id: string, issuer: Authority, certRequestPem: string, how: How): LocallySignedCert {
    return new LocallySignedCert(this, id, {
      certRequestPem,
      caPrivateKeyPem: issuer.key.privateKeyPem,
      caCertPem: issuer.certificate.certPem,
      setSubjectKeyId: true,
      isCaCertificate: how.isCaCertificate ?? false,
      allowedUses: [...how.allowedUses],
      validityPeriodHours: how.validityPeriodHours,
    });
  }
}

interface How {
  readonly isCaCertificate?: boolean;
  readonly allowedUses: readonly string[];
  readonly validityPeriodHours: number;
}
interface Authority {
  readonly key: PrivateKey;
  readonly certificate: { readonly certPem: string };
}

const fingerprint = (certPem: string): string => `${pemFingerprint}${Fn.sha256(certPem)}`;

/** The configuration has checked that it is there. */
function profileOf(profiles: TlsEnvironment["ca"]["profiles"], name: string): Profile {
  const profile = profiles[name];
  if (!profile) throw new Error(`no profile "${name}"`);
  return profile;
}

/** The first kind of key that the profile allows. */
function keyOf({ keyTypes: [first = "P-256"] }: Profile) {
  return first.startsWith("RSA-")
    ? { algorithm: "RSA", rsaBits: Number(first.slice("RSA-".length)) }
    : { algorithm: "ECDSA", ecdsaCurve: first.replace("-", "") };
}

function subjectOf(values: Readonly<Partial<Record<string, string>>>) {
  const names = {
    CN: "commonName",
    O: "organization",
    OU: "organizationalUnit",
    C: "country",
    L: "locality",
    ST: "province",
    serialNumber: "serialNumber",
  } as const;
  return Object.fromEntries(
    Object.entries(names).flatMap(([type, name]) =>
      values[type] === undefined ? [] : [[name, values[type]]],
    ),
  );
}
