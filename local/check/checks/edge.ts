/** Checks 8 to 10, 13 and 16: the other ways in, unknown paths, the access log, a missing Lambda permission. */
import { apiFunctionName } from "#contract/names.ts";
import { accessLine, namedInLogs } from "../access-line.ts";
import { type CheckContext, callAs, gatewayReason } from "../context.ts";

const forbidden = '403 {"message":"Forbidden"}';

export async function executeApi(at: CheckContext): Promise<void> {
  const { apiId, stage } = at.deployedApi();
  const serverName = `${apiId}.execute-api.${at.api.region}.amazonaws.com`;
  const answer = await callAs(at, at.good, { serverName, path: `/${stage}/api` });
  at.report.row(8, "the execute-api address, with a good certificate", forbidden, answer.summary);
  at.report.row(8, "… because it is disabled", "403 execute-api-disabled", gatewayReason(at, answer));
}

export async function wrongHost(at: CheckContext): Promise<void> {
  const host = await callAs(at, at.good, { host: "api.other.example.com" });
  at.report.row(9, "another Host than the server name", forbidden, host.summary);
  at.report.row(9, "… by its name", "403 wrong-host", gatewayReason(at, host));
  const name = await callAs(at, at.good, { serverName: "api.other.example.com", insecure: true });
  at.report.row(9, "another server name (SNI)", /^403 \{"message":"Forbidden"\}$/, name.summary);
  at.report.row(9, "… by its name", "403 unknown-server-name", gatewayReason(at, name));
}

export async function unknownPath(at: CheckContext): Promise<void> {
  const answer = await callAs(at, at.good, { path: "/nothing-here" });
  at.report.row(10, "unknown path", '403 {"message":"Missing Authentication Token"}', answer.summary);
  at.report.row(10, "… because there is no such route", "403 no-such-route", gatewayReason(at, answer));
}

export async function accessLog(at: CheckContext): Promise<void> {
  const answer = await callAs(at, at.good);
  const client = namedInLogs(at.good);
  const line = await accessLine(at, answer.requestId);
  at.report.row(13, "access log: a line for the call", "200", line?.status ?? "no line");
  at.report.row(13, "… decimal serial", client.serialNumber, line?.clientCert.serialNumber ?? "");
  at.report.row(13, "… subject in API Gateway's form", client.subjectDN, line?.clientCert.subjectDN ?? "");
  at.report.row(13, "… TLS version", /^TLSv1\.[23]$/, line?.tlsVersion ?? "");
}

export async function missingPermission(at: CheckContext): Promise<void> {
  for (const slug of ["authorizer", "api-response"]) {
    const name = apiFunctionName(at.environment.name, at.api.name, slug);
    await at.apiAccount.withoutPermission(name, "apigateway.amazonaws.com", async () => {
      await at.reloadGateway();
      const answer = await callAs(at, at.good);
      at.report.row(
        16,
        `${slug} without the Lambda permission`,
        /^500 \{"message":"Internal server error"/,
        answer.summary,
      );
      at.report.row(
        16,
        "… because it is missing",
        `500 ${slug === "authorizer" ? "authorizer" : "integration"}-permission-missing`,
        gatewayReason(at, answer),
      );
    });
    await at.reloadGateway();
    at.report.row(16, `${slug} with its permission back`, /^200 /, (await callAs(at, at.good)).summary);
  }
}
