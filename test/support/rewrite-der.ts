/** DER with one primitive value exchanged and every length around it made right: what our writers would refuse to write. */
export function rewriteDer(der: Buffer, from: Buffer, to: Buffer): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0; at < der.length; ) {
    const tag = der[at] as number;
    const { start, length } = lengthAt(der, at + 1);
    const content = der.subarray(start, start + length);
    const made = tag & 0x20 ? rewriteDer(content, from, to) : content.equals(from) ? to : content;
    parts.push(Buffer.from([tag]), encodedLength(made.length), made);
    at = start + length;
  }
  return Buffer.concat(parts);
}

function lengthAt(der: Buffer, at: number): { start: number; length: number } {
  const first = der[at] as number;
  if (first < 0x80) return { start: at + 1, length: first };
  const octets = first & 0x7f;
  return { start: at + 1 + octets, length: der.readUIntBE(at + 1, octets) };
}

function encodedLength(length: number): Buffer {
  if (length < 0x80) return Buffer.from([length]);
  const hex = length.toString(16);
  const octets = Buffer.from(hex.length % 2 ? `0${hex}` : hex, "hex");
  return Buffer.concat([Buffer.from([0x80 | octets.length]), octets]);
}
