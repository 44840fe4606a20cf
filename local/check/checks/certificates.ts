/** Checks 1 to 7: who gets in, who does not, and by whose word. */
import { readFileSync } from "node:fs";
import { externalKeys } from "#contract/external-bucket.ts";
import { apiFunctionName } from "#contract/names.ts";
import { type Certificate, parseCertificate } from "#pki/certificate.ts";
import { decodeOnePem } from "#pki/pem.ts";
import {
  auditLine,
  bucketOf,
  type CheckContext,
  call,
  callAs,
  eventually,
  gatewayReason,
  verdict,
} from "../context.ts";
import { ofImitatedIssuer, selfSigned } from "../strangers.ts";

const forbidden = '403 {"message":"Forbidden"}';

export async function goodCertificate(at: CheckContext): Promise<void> {
  const answer = await callAs(at, at.good);
  at.report.row(
    1,
    "good certificate: POST /api answers",
    /^200 .*successful response from API Gateway lambda function/,
    answer.summary,
  );
}

export async function noCertificate(at: CheckContext): Promise<void> {
  const answer = await call(at, {});
  at.report.row(
    2,
    "no certificate: connection closed, no HTTP answer",
    /^closed \(curl (35|52|55|56)\)$/,
    answer.summary,
  );
}

export async function selfSignedCertificate(at: CheckContext): Promise<void> {
  const answer = await call(at, selfSigned(at.folder));
  at.report.row(3, "self-signed certificate: refused in TLS", forbidden, answer.summary);
  at.report.row(3, "… by the truststore", "403 client-certificate-untrusted", gatewayReason(at, answer));
}

export async function certificateOfAnotherCa(at: CheckContext): Promise<void> {
  const issuing = await issuingCertificate(at);
  const stranger = ofImitatedIssuer(at.folder, issuing);
  const answer = await call(at, stranger);
  at.report.row(4, "another CA with our CA's names: refused in TLS", forbidden, answer.summary);
  at.report.row(4, "… by the truststore", "403 client-certificate-untrusted", gatewayReason(at, answer));

  // Past the truststore (another CA in it could have signed such a sub-CA) stands the authorizer.
  const told = await askAuthorizer(at, readFileSync(stranger.certificate, "utf8"));
  at.report.row(4, "… and sent to the authorizer itself", "certificate/issuer-not-accepted", told);
  const twin = await askAuthorizer(at, readFileSync(at.good.certificate, "utf8"));
  at.report.row(4, "… which allows the good one sent in the same way", "policy/allowed", twin);
}

export async function expiredCertificate(at: CheckContext): Promise<void> {
  const client = await at.issue("short-lived", { validSeconds: 4 });
  const { notAfter } = parseCertificate(
    decodeOnePem(readFileSync(client.certificate, "utf8"), "CERTIFICATE"),
  );
  at.report.row(
    5,
    "a short-lived certificate of our CA, still valid",
    /^200 /,
    (await callAs(at, client)).summary,
  );
  await eventually(async () => (Date.now() > notAfter.getTime() + 1000 ? true : undefined), 30);
  const answer = await callAs(at, client);
  at.report.row(5, "… and past its end: refused in TLS", forbidden, answer.summary);
  at.report.row(5, "… by its validity", "403 client-certificate-untrusted", gatewayReason(at, answer));
}

export async function serverCertificate(at: CheckContext): Promise<void> {
  const client = await at.issue("service.internal.example.com", { profile: "server" });
  const answer = await callAs(at, client);
  // OpenSSL, and with it the handshake, refuses the purpose too; AWS does not say that it looks at it.
  at.report.row(
    6,
    "a server's certificate of our CA: refused",
    /^403 (certificate\/certificate-not-for-clients|client-certificate-untrusted)$/,
    answer.requestId && (await auditLine(at, answer.requestId))
      ? await verdict(at, answer)
      : gatewayReason(at, answer),
  );
  const told = await askAuthorizer(at, readFileSync(client.certificate, "utf8"));
  at.report.row(6, "… by the authorizer itself", "certificate/certificate-not-for-clients", told);
}

export async function wrongUnit(at: CheckContext): Promise<void> {
  const client = await at.issue("visitor", { organizationalUnit: "Visitors" });
  const answer = await callAs(at, client);
  at.report.row(7, "another OU: refused by the authorizer", "403 rules/no-rule", await verdict(at, answer));
  const body = JSON.parse(answer.body) as Record<string, unknown>;
  at.report.row(
    7,
    "… with our body",
    `{"message":"No rule admits this certificate to this route.","code":"no-rule","requestId":"${answer.requestId}"}`,
    JSON.stringify(body),
  );
}

/** Of the good client's generation, as the CA keeps it. */
export async function issuingCertificate(at: CheckContext): Promise<Certificate> {
  const der = await at.ca.read(bucketOf(at), externalKeys.caCertificate(at.good.generation, "issuing"));
  return parseCertificate(der[0] === 0x30 ? der : decodeOnePem(der.toString("latin1"), "CERTIFICATE"));
}

/** The deployed authorizer's verdict on an event that the gateway would have refused before. */
export async function askAuthorizer(at: CheckContext, clientCertPem: string): Promise<string> {
  const name = apiFunctionName(at.environment.name, at.api.name, "authorizer");
  const requestId = `check-${Math.random().toString(36).slice(2)}`;
  await at.apiAccount.invoke(name, await authorizerEvent(at, requestId, clientCertPem));
  const line = await auditLine(at, requestId);
  return line ? `${line.step}/${line.code}` : "no audit line";
}

/** As API Gateway makes it of `POST /api`. */
export async function authorizerEvent(at: CheckContext, requestId: string, clientCertPem: string) {
  const { apiId, stage } = at.deployedApi();
  const { account, region, domain } = at.api;
  return {
    type: "REQUEST",
    methodArn: `arn:aws:execute-api:${region}:${account}:${apiId}/${stage}/POST/api`,
    resource: "/api",
    path: "/api",
    httpMethod: "POST",
    headers: { Host: domain },
    multiValueHeaders: { Host: [domain] },
    queryStringParameters: {},
    multiValueQueryStringParameters: {},
    pathParameters: {},
    stageVariables: {},
    requestContext: {
      accountId: account,
      apiId,
      stage,
      domainName: domain,
      httpMethod: "POST",
      resourcePath: "/api",
      path: "/api",
      requestId,
      identity: { sourceIp: "127.0.0.1", clientCert: { clientCertPem } },
    },
  };
}
