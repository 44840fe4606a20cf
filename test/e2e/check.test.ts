/**
 * `npm start -- --check`, whole: the real Terraform, provider, functions, gateway and curl. One test a check; its
 * rows are the promises.
 */
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

interface Row {
  readonly check: number;
  readonly what: string;
  readonly expected: string;
  readonly got: string;
  readonly passed: boolean;
  /** For want of NGINX on this machine. */
  readonly skipped?: true;
}

const minutes = 60_000;
const output = mkdtempSync(join(tmpdir(), "mtls-api-check-"));
let exitCode: number | null = null;
let stderr = "";
let rows: readonly Row[] = [];

beforeAll(async () => {
  const child = spawn(
    process.execPath,
    ["scripts/run.mjs", "local/start", "--check", "--json", "--output", output],
    { stdio: ["ignore", "ignore", "pipe"] },
  );
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
    process.stderr.write(text);
  });
  exitCode = await new Promise((resolve) => child.on("close", resolve));
  rows = (JSON.parse(readFileSync(join(output, "report.json"), "utf8")) as { rows: Row[] }).rows;
}, 60 * minutes);

afterAll(() => rmSync(output, { recursive: true, force: true }));

test.each([
  [1, "a good certificate is answered"],
  [2, "without a certificate the connection is closed"],
  [3, "a self-signed certificate is refused"],
  [4, "a certificate of another CA with our names is refused, by the handshake and by the authorizer"],
  [5, "an expired certificate is refused"],
  [6, "a server's certificate is refused"],
  [7, "a certificate that no rule names is refused with the documented body"],
  [8, "the execute-api address is closed"],
  [9, "another host name is refused"],
  [10, "an unknown path is refused"],
  [11, "a revoked certificate is refused within the promised seconds"],
  [12, "a forged, older or missing CRL denies everybody"],
  [24, "S3 out of reach denies everybody after maxOutageSeconds, not before, and not when it is back"],
  [25, "a CRL past its nextUpdate denies everybody until a new one is there"],
  [13, "the access log names the certificate in API Gateway's form"],
  [14, "a second generation changes exactly the pins, and plans are empty after"],
  [15, "there is no private key in files, states, buckets or logs"],
  [16, "a function without its Lambda permission is answered 500"],
  [17, "nobody may do more than is theirs"],
  [
    45,
    "who plans changes nothing, who deploys does not get out of the boundary, GitHub enters by one environment",
  ],
  [30, "the firewall refuses before the authorizer is asked"],
  [31, "a rate and a quota are used up, and come back"],
  [32, "what the alarms look at is measured"],
  [37, "an API is added in another account, and a client that is revoked once is refused by both"],
  [18, "destroy leaves nothing behind, the foundation last"],
  [22, "what the CA does is told on its bus, each thing once"],
  [40, "doctor finds a healthy system well, and what somebody has opened"],
  [23, "a token counts with the certificate that it is bound to, and with no other"],
  [26, "an opaque token is introspected by secret and by mutual TLS, and bound all the same"],
  [27, "Authlete's every action is answered as its policy says"],
  [28, "a token service that fails denies in time, is counted, and is forgotten when it is well"],
  [29, "the deployed authorizer answers every event by its table"],
  [33, "a backend is reached with a verified token, and never around it"],
  [34, "customer information is the same for the same seed"],
  [36, "API Gateway holds a request against its route's row, and answers itself where the row says so"],
  [
    50,
    "inside the network a good certificate gets the answer of the public API, by an authorizer of its own",
  ],
  [51, "NGINX refuses what is no good certificate, another Host, an unknown name"],
  [52, "headers that only NGINX sets are dropped when a caller sends them"],
  [
    53,
    "past NGINX nobody gets in, by the right endpoint neither; the public API knows no certificate in a header",
  ],
  [54, "a revocation counts within the promise inside the network too, and NGINX learns of it"],
  [55, "a backend behind the private API sees neither certificate nor secret"],
  [56, "calls count together, whichever way they come"],
  [57, "a broken CRL leaves NGINX what it had"],
  [58, "the edge's secret is rotated without a refused call, and ends after two"],
  [59, "an instance reads what it is for, and nothing else"],
  [60, "a token got through NGINX is bound to the caller's certificate"],
  [19, "clients and revocations of the configuration come true by a deployment, and stay"],
  [20, "a rotation refuses no client that should be admitted"],
  [21, "a revoked issuing certificate refuses all of its clients"],
])("check %i: %s", (number) => {
  const own = rows.filter((row) => row.check === number);
  expect(own).not.toEqual([]);
  expect(own.filter((row) => !row.passed && !row.skipped)).toEqual([]);
});

test("the exit code says whether all passed", () => {
  expect(exitCode).toBe(0);
  expect(stderr).toContain("not for production");
});

test("the results are in the output folder, the key readable by its owner only", () => {
  const file = (name: string) => join(output, name);
  expect(statSync(file("client/client-key.pem")).mode & 0o777).toBe(0o600);
  for (const name of ["client/client-cert.pem", "client/client-cert.crt", "truststore.pem", "access.log"])
    expect(statSync(file(name)).size).toBeGreaterThan(100);
});
