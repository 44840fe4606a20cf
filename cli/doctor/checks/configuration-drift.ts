/** What the last apply of the CA stack said of the configuration: revocations by command, clients near their end. */
import { stackNames } from "#contract/names.ts";
import { type Check, caState, ok, warn } from "../check.ts";

export const configurationDrift: Check = {
  code: "configuration-drift",
  run: async (at) => {
    const { drift, clientNotices } = await caState(at);
    const stack = stackNames.ca(at.environment.name);
    const findings = [
      ...drift.map((one) =>
        warn(
          "revocation-not-listed",
          `${one.generation} ${one.serial}`,
          `${one.status} by command (${one.reason}), not in the configuration`,
          `add it to ca.revoked of config/environments/${at.environment.name} (a hold: release it)`,
        ),
      ),
      ...clientNotices.map((one) =>
        warn(
          "client-near-end",
          String(one.client),
          `${one.why}, until ${one.notAfter}`,
          "ask for a new request and replace its file in clients/",
        ),
      ),
    ];
    return findings.length > 0
      ? findings
      : [ok("configuration", stack, "the ledger holds what is configured")];
  },
};
