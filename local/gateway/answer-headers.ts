/** Headers of an answer that API Gateway keeps for itself: renamed `x-amzn-Remapped-…`, or dropped. */

const remapped = new Set([
  "authorization",
  "connection",
  "content-length",
  "content-md5",
  "date",
  "host",
  "server",
  "user-agent",
  "www-authenticate",
  "x-amzn-requestid",
]);
const dropped = new Set([
  "expect",
  "keep-alive",
  "max-forwards",
  "proxy-authenticate",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "via",
]);

/** The name under which a header goes out; undefined when it does not. */
export function outgoingName(name: string): string | undefined {
  const lower = name.toLowerCase();
  if (dropped.has(lower)) return undefined;
  return remapped.has(lower) ? `x-amzn-Remapped-${name}` : name;
}
