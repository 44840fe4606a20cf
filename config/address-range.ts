/** Address ranges as a firewall takes them: a network with its prefix length, no bits set behind it, not everybody. */
import { isIPv4, isIPv6 } from "node:net";

export type AddressFamily = "IPV4" | "IPV6";

/** The family of a range such as 203.0.113.0/24 or 2001:db8::/32; undefined when it is none. */
export function familyOf(range: string): AddressFamily | undefined {
  const match = /^([0-9a-f.:]+)\/([1-9]\d{0,2})$/.exec(range);
  if (!match) return undefined;
  const [, address = "", length = ""] = match;
  if (isIPv4(address)) return isNetwork(ofIPv4(address), 32, Number(length)) ? "IPV4" : undefined;
  // An IPv4 address inside an IPv6 one has two spellings.
  if (!isIPv6(address) || address.includes(".")) return undefined;
  return isNetwork(ofIPv6(address), 128, Number(length)) ? "IPV6" : undefined;
}

const isNetwork = (address: bigint, bits: number, length: number): boolean =>
  length <= bits && (address & ((1n << BigInt(bits - length)) - 1n)) === 0n;

const ofIPv4 = (address: string): bigint =>
  address.split(".").reduce((sum, octet) => sum * 256n + BigInt(octet), 0n);

function ofIPv6(address: string): bigint {
  const [head = "", tail] = address.split("::");
  const groups = (text: string | undefined) => (text ? text.split(":") : []);
  const [before, after] = [groups(head), groups(tail)];
  const zeros = tail === undefined ? 0 : 8 - before.length - after.length;
  const all = [...before, ...Array<string>(zeros).fill("0"), ...after];
  return all.reduce((sum, group) => sum * 65_536n + BigInt(`0x${group}`), 0n);
}

/** Of a range that `familyOf` knows. */
export const prefixLengthOf = (range: string): number => Number(range.split("/")[1]);

/** Inside one of RFC 1918's three networks. */
export function isPrivateRange(range: string): boolean {
  if (familyOf(range) !== "IPV4") return false;
  const [address = "", length = ""] = range.split("/");
  return privateRanges.some(
    ([network, bits]) =>
      Number(length) >= bits && ofIPv4(address) >> BigInt(32 - bits) === ofIPv4(network) >> BigInt(32 - bits),
  );
}

const privateRanges = [
  ["10.0.0.0", 8],
  ["172.16.0.0", 12],
  ["192.168.0.0", 16],
] as const;

/** The lower and the upper half of an IPv4 range. */
export function halvesOf(range: string): readonly [string, string] {
  const [address = ""] = range.split("/");
  const length = prefixLengthOf(range) + 1;
  const upper = ofIPv4(address) + (1n << BigInt(32 - length));
  const octets = [24n, 16n, 8n, 0n].map((shift) => (upper >> shift) & 255n);
  return [`${address}/${length}`, `${octets.join(".")}/${length}`];
}
