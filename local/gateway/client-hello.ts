/**
 * Reads the server name out of the first bytes of a TLS connection (RFC 8446 4.1.2, RFC 6066 3), so that only
 * the mutual-TLS domain asks for a certificate: node:tls decides that once for all names.
 *
 * It decides nothing else. What it cannot read is handed on without a name, to the side that trusts nobody.
 */
export type ClientHello =
  | { readonly state: "incomplete" }
  | { readonly state: "read"; readonly serverName: string | undefined };

/** No honest ClientHello is longer. */
export const maxClientHelloBytes = 16_384;

const unnamed: ClientHello = { state: "read", serverName: undefined };
const incomplete: ClientHello = { state: "incomplete" };

export function readClientHello(bytes: Buffer): ClientHello {
  const message = handshakeMessage(bytes);
  if (message === "incomplete") return bytes.length >= maxClientHelloBytes ? unnamed : incomplete;
  if (message === "unreadable") return unnamed;
  const reader = new Reader(message);
  reader.skip(2 + 32);
  reader.skip(reader.number(1));
  reader.skip(reader.number(2));
  reader.skip(reader.number(1));
  const extensions = new Reader(reader.take(reader.number(2)));
  while (extensions.left >= 4) {
    const type = extensions.number(2);
    const content = extensions.take(extensions.number(2));
    if (type === 0) return { state: "read", serverName: hostName(content) };
  }
  return unnamed;
}

/** The ClientHello's body, put together from as many records as it takes. */
function handshakeMessage(bytes: Buffer): Buffer | "incomplete" | "unreadable" {
  const fragments: Buffer[] = [];
  let have = 0;
  for (let at = 0; ; ) {
    if (at < bytes.length && bytes[at] !== 22) return "unreadable";
    if (at + 5 > bytes.length) return "incomplete";
    const length = bytes.readUInt16BE(at + 3);
    if (length === 0 || length > 16_384) return "unreadable";
    const fragment = bytes.subarray(at + 5, at + 5 + length);
    fragments.push(fragment);
    have += fragment.length;
    const all = Buffer.concat(fragments);
    if (have >= 1 && all[0] !== 1) return "unreadable";
    if (have >= 4 && have >= 4 + all.readUIntBE(1, 3)) return all.subarray(4, 4 + all.readUIntBE(1, 3));
    if (fragment.length < length) return "incomplete";
    at += 5 + length;
  }
}

function hostName(content: Buffer): string | undefined {
  const list = new Reader(content);
  list.skip(2);
  while (list.left >= 3) {
    const type = list.number(1);
    const name = list.take(list.number(2));
    if (type === 0) return name.toString("latin1").toLowerCase();
  }
  return undefined;
}

/** Past the end there are no bytes and the number 0: a cut message simply has no name. */
class Reader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get left(): number {
    return Math.max(0, this.#bytes.length - this.#at);
  }

  skip(length: number): void {
    this.#at += length;
  }

  take(length: number): Buffer {
    const part = this.#bytes.subarray(this.#at, this.#at + length);
    this.#at += length;
    return part;
  }

  number(length: number): number {
    const part = this.take(length);
    return part.length === length ? part.readUIntBE(0, length) : 0;
  }
}
