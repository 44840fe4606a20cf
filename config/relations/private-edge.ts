/** What joins the private edge of an API to the rest of its environment. */
import { z } from "zod";
import { edgeRefreshSeconds } from "#contract/private-edge.ts";
import { believedMinutes } from "../believed-minutes.ts";
import { domainName } from "../domain-name.ts";
import { type PrivateEdge, privateEdge } from "../private-edge.ts";
import { apis, type Report, relation } from "./relation.ts";

const region = z.string();
const account = z.string();
const crlAges = z.looseObject({ publishEveryMinutes: z.number(), maxAgeMinutes: z.number().optional() });
const edge = { privateEdge: privateEdge.optional() };

/** Called for every API that has a private edge. */
const each = <T extends { readonly privateEdge?: PrivateEdge | undefined }>(
  all: readonly T[],
  check: (edge: PrivateEdge, api: T, path: readonly (string | number)[]) => void,
) =>
  all.forEach((api, index) => {
    if (api.privateEdge) check(api.privateEdge, api, ["apis", index, "privateEdge"]);
  });

export const privateEdgeRelations = [
  relation(
    z.looseObject({ ca: z.looseObject({ region }), apis: apis({ region, ...edge }) }),
    ({ ca, apis }, report) => {
      apis.forEach((api, index) => {
        if (api.privateEdge && api.region !== ca.region)
          report(
            ["apis", index, "region"],
            `the CA's region (${ca.region}) beside privateEdge: without a way to the internet, instances reach the CA's bucket by a gateway endpoint for S3, which leads to its own region only`,
            api.region,
          );
      });
    },
  ),

  relation(z.looseObject({ apis: apis({ region, account, ...edge }) }), ({ apis }, report) => {
    each(apis, ({ serverCertificate, network }, api, path) => {
      const place = `${api.region}:${api.account}`;
      const { secret: id, kmsKeyArn } = serverCertificate;
      for (const [key, arn] of Object.entries({ secret: id, kmsKeyArn }))
        if (arn?.startsWith("arn:") && !arn.includes(`:${place}:`))
          report([...path, "serverCertificate", key], `in the API's region and account (${place})`, arn);
      if (network.kind === "made")
        network.zones.forEach((zone, at) => {
          if (zone.slice(0, -1) !== api.region)
            report([...path, "network", "zones", at], `a zone of the API's region (${api.region})`, zone);
        });
    });
  }),

  relation(z.looseObject({ apis: apis({ domain: domainName, ...edge }) }), ({ apis }, report) => {
    each(apis, ({ serverName, zone }, api, path) =>
      nameProblems(serverName, zone.name, api.domain, path, report),
    );
    const names = apis.map(({ privateEdge: one }) => one?.serverName);
    names.forEach((name, index) => {
      if (name !== undefined && names.indexOf(name) !== index)
        report(["apis", index, "privateEdge", "serverName"], "server names must differ", name);
    });
  }),

  relation(
    z.looseObject({ ca: z.looseObject({ crl: crlAges }), apis: apis(edge) }),
    ({ ca, apis }, report) => {
      const least = leastAge(ca.crl.publishEveryMinutes);
      const got = believedMinutes(ca.crl);
      if (got < least && apis.some((api) => api.privateEdge))
        report(
          ["ca", "crl", "maxAgeMinutes"],
          `at least ${least} beside privateEdge: one missed publication (publishEveryMinutes: ${ca.crl.publishEveryMinutes}), the minute by which a CRL is backdated and a refresh of NGINX, or its door shuts in between`,
          got,
        );
    },
  ),

  relation(
    z.looseObject({ name: z.string(), apis: apis({ name: z.string(), ...edge }) }),
    (input, report) => {
      if (/^(internal|sg)(-|$)/.test(input.name) && input.apis.some((api) => api.privateEdge))
        report(
          ["name"],
          'not "internal…" or "sg…" beside privateEdge: AWS refuses load balancers and security groups whose names begin so',
          input.name,
        );
      input.apis.forEach((api, index) => {
        // `<environment>-<api>-token` is a target group's name: 32 characters.
        if (api.privateEdge && input.name.length + api.name.length > 25)
          report(
            ["apis", index, "name"],
            `with the environment's name ("${input.name}") at most 25 characters beside privateEdge: load balancer and target groups bear both`,
            api.name,
          );
      });
    },
  ),

  relation(z.looseObject({ tier: z.string(), apis: apis(edge) }), ({ tier, apis }, report) => {
    each(apis, ({ instances: { min, max } }, _api, path) => {
      if (max < min) report([...path, "instances", "max"], `at least min (${min})`, max);
      if (tier !== "sandbox" && min < 2)
        report([...path, "instances", "min"], "at least 2 outside a sandbox: one for each zone", min);
    });
  }),

  relation(
    z.looseObject({
      apis: apis({
        authorizer: z.looseObject({ revocation: z.enum(["crl", "off"]).default("crl") }),
        ...edge,
      }),
    }),
    ({ apis }, report) => {
      apis.forEach(({ authorizer, privateEdge: one }, index) => {
        if (one && authorizer.revocation === "off")
          report(
            ["apis", index, "authorizer", "revocation"],
            '"crl" beside privateEdge: NGINX lets nobody in without a CRL for every CA',
            authorizer.revocation,
          );
      });
    },
  ),
];

/** NGINX goes by the lists of its last refresh, and shuts its door by the clock. */
const leastAge = (publishEveryMinutes: number) =>
  2 * publishEveryMinutes + 1 + Math.ceil(edgeRefreshSeconds / 60);

function nameProblems(
  serverName: string,
  zone: string,
  domain: string,
  path: readonly (string | number)[],
  report: Report,
): void {
  if (!serverName.endsWith(`.${zone}`))
    report([...path, "serverName"], `inside the zone ${zone} (a CNAME cannot stand at its apex)`, serverName);
  // Inside the network the private zone answers for everything below its name.
  if (domain === zone || domain.endsWith(`.${zone}`))
    report(
      [...path, "zone", "name"],
      `a zone that does not hold the public domain (${domain}), which would not be found inside the network any more`,
      zone,
    );
}
