/** One JSON line an event, straight to the stream: Lambda must not wrap it into a record of its own. */
import type { Log } from "#ca/ports.ts";

/** Events that an operator must see. */
const errors = new Set([
  "fault",
  "publish-failed",
  "published-crl-unreadable",
  "mirror-failed",
  "revocation-not-published",
  "notification-failed",
]);
const warnings = new Set(["refused", "truststore-warnings", "drift", "client-notice", "expiring"]);

/** `common` stands in every line: function and request. */
export function jsonLog(common: Readonly<Record<string, string>>): Log {
  return (event, fields) => {
    const level = errors.has(event) ? "error" : warnings.has(event) ? "warn" : "info";
    writeLine({ timestamp: new Date().toISOString(), level, event, ...common, ...fields });
  };
}

export function writeLine(line: Readonly<Record<string, unknown>>): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}
