/** The measured lists: random serials as ours are, reasons mixed, the same for the same size. */
import type { Revocation } from "#pki/crl/write.ts";

/** The moment at which all lists are valid. */
export const now = new Date("2026-06-01T12:00:00Z");

const reasons = [undefined, "keyCompromise", "superseded", "cessationOfOperation"] as const;

/** Random serials as ours are, reasons mixed, a revocation every 37 seconds. */
export function* revocations(count: number): Generator<Revocation> {
  const random = mulberry32(count);
  for (let i = 0; i < count; i++) {
    const serial = Buffer.alloc(16);
    for (let at = 0; at < 16; at += 4) serial.writeUInt32BE(random(), at);
    serial[0] = ((serial[0] as number) & 0x7f) | 0x40;
    const reason = reasons[random() % reasons.length];
    const revokedAt = new Date(now.getTime() - 60_000 - (i % 800_000) * 37_000);
    yield { serial: serial.toString("hex"), revokedAt, ...(reason !== undefined && { reason }) };
  }
}

function mulberry32(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return (t ^ (t >>> 14)) >>> 0;
  };
}
