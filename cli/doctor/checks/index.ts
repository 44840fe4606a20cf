/** Every check, in the order of the table: the CA first, then what leans on it. */
import type { Check } from "../check.ts";
import { alarms } from "./alarms.ts";
import { authorizerCaching } from "./authorizer-caching.ts";
import { authorizerPolicy } from "./authorizer-policy.ts";
import { caCertificates } from "./ca-certificates.ts";
import { configurationDrift } from "./configuration-drift.ts";
import { dnsRecord } from "./dns-record.ts";
import { executeApi } from "./execute-api.ts";
import { firewall } from "./firewall.ts";
import { foundation } from "./foundation.ts";
import { logGroups } from "./log-groups.ts";
import { loggingRole } from "./logging-role.ts";
import { pinnedTruststore } from "./pinned-truststore.ts";
import { publishedTruststore } from "./published-truststore.ts";
import { revocationLists } from "./revocation-lists.ts";
import { revocationPromise } from "./revocation-promise.ts";
import { schedules } from "./schedules.ts";
import { serverCertificates } from "./server-certificates.ts";
import { stateBuckets } from "./state-buckets.ts";
import { trail } from "./trail.ts";

export const checks: readonly Check[] = [
  ...[publishedTruststore, caCertificates, revocationLists, schedules, revocationPromise, configurationDrift],
  ...[pinnedTruststore, serverCertificates, dnsRecord, executeApi, authorizerCaching, authorizerPolicy],
  ...[firewall, alarms, logGroups, loggingRole, stateBuckets, foundation, trail],
];
