/**
 * Step 0 of the private API: the request came through the deployed API and stage, through the one endpoint that NGINX
 * alone may use, from NGINX itself, with the certificate that NGINX verified.
 *
 * The endpoint proves that somebody inside the network speaks, the secret that it is NGINX: a certificate is public,
 * and whoever could set its header without both could be anybody.
 */
import { type Denied, deny, type Outcome, pass } from "../authorizer/decision.ts";
import { textAt } from "../authorizer/event.ts";
import { calledRoute, type Deployment, type Placed } from "../authorizer/steps/place.ts";
import type { EdgeHeaders } from "./edge-headers.ts";
import type { EdgeSecrets } from "./edge-secrets.ts";

export interface PrivateDeployment extends Deployment {
  /** Id of the interface endpoint. */
  readonly vpcEndpoint: string;
}

/** `event` without the headers, `carried` the headers. */
export async function privatePlace(
  event: unknown,
  carried: EdgeHeaders,
  { secrets, ...deployment }: PrivateDeployment & { readonly secrets: Pick<EdgeSecrets, "matches"> },
): Promise<Outcome<Placed>> {
  const called = calledRoute(event, deployment, () => wrongEndpoint(event, deployment.vpcEndpoint));
  if (!called.passed) return called;
  if (carried.secret === undefined) return deny("not-through-edge", "not exactly one secret");
  if (!(await secrets.matches(carried.secret))) return deny("not-through-edge", "secret");
  if (carried.certificate === undefined) return deny("no-certificate", "not exactly one header");
  const certificatePem = unescaped(carried.certificate);
  if (certificatePem === undefined) return deny("certificate-malformed", "header");
  return pass({ ...called.found, certificatePem });
}

function wrongEndpoint(event: unknown, wanted: string): Denied | undefined {
  const got = textAt(event, "requestContext", "identity", "vpceId");
  return got === wanted ? undefined : deny("not-through-edge", "endpoint");
}

/** Three times a PEM of the size that the certificate step reads. */
const maxCharacters = 48 * 1024;

/** NGINX's form: every character but the unreserved ones as %XX, of ASCII. */
function unescaped(text: string): string | undefined {
  if (text.length > maxCharacters || !/^(?:[A-Za-z0-9\-._~]|%[0-7][0-9A-Fa-f])+$/.test(text))
    return undefined;
  return decodeURIComponent(text);
}
