/** Mutations of DER: flipped, set, cut, inserted, spliced, and elements whose lengths are written otherwise. */

/** A small seeded generator of 32-bit numbers. */
export function randomNumbers(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}
type Random = (below: number) => number;

/** A copy of `der` with one mutation, sometimes two. Now and then it is equal to `der`: the caller compares. */
export function mutate(der: Buffer, other: Buffer, random: Random): Buffer {
  const once = pick(der, other, random);
  return random(4) === 0 && once.length > 0 ? pick(once, other, random) : once;
}

function pick(der: Buffer, other: Buffer, random: Random): Buffer {
  const operations = [flip, set, truncate, remove, insert, splice, repeat, relength, relength, relength];
  const operation = operations[random(operations.length)] as typeof flip;
  return operation(der, other, random);
}

function flip(der: Buffer, _: Buffer, random: Random): Buffer {
  const copy = Buffer.from(der);
  const at = random(copy.length);
  copy[at] = (copy[at] as number) ^ (1 << random(8));
  return copy;
}

function set(der: Buffer, _: Buffer, random: Random): Buffer {
  const copy = Buffer.from(der);
  const interesting = [0x00, 0x01, 0x7f, 0x80, 0x81, 0x84, 0x88, 0xff, 0x30, 0x02];
  copy[random(copy.length)] = interesting[random(interesting.length)] as number;
  return copy;
}

function truncate(der: Buffer, _: Buffer, random: Random): Buffer {
  return der.subarray(0, random(der.length));
}

function remove(der: Buffer, _: Buffer, random: Random): Buffer {
  const at = random(der.length);
  return Buffer.concat([der.subarray(0, at), der.subarray(at + 1 + random(32))]);
}

function insert(der: Buffer, _: Buffer, random: Random): Buffer {
  const at = random(der.length + 1);
  const added = Buffer.from(Array.from({ length: 1 + random(16) }, () => random(256)));
  return Buffer.concat([der.subarray(0, at), added, der.subarray(at)]);
}

function splice(der: Buffer, other: Buffer, random: Random): Buffer {
  const from = random(other.length);
  const length = 1 + random(64);
  const at = random(der.length);
  return Buffer.concat([der.subarray(0, at), other.subarray(from, from + length), der.subarray(at + length)]);
}

function repeat(der: Buffer, _: Buffer, random: Random): Buffer {
  const at = random(der.length);
  const end = at + 1 + random(64);
  return Buffer.concat([der.subarray(0, end), der.subarray(at, end), der.subarray(end)]);
}

interface Node {
  readonly tag: number;
  readonly content: Buffer | Node[];
}

/** One element's length is written in another form, or is wrong by little; the elements around it fit again. */
function relength(der: Buffer, _: Buffer, random: Random): Buffer {
  const nodes: Node[] = [];
  const tree = read(der, nodes, 0);
  if (tree.length === 0) return flip(der, _, random);
  const chosen = nodes[random(nodes.length)];
  const forms: ((length: number) => number[])[] = [
    (length) => [0x81, length & 0xff],
    (length) => [0x82, (length >> 8) & 0xff, length & 0xff],
    (length) => [0x84, 0, 0, (length >> 8) & 0xff, length & 0xff],
    (length) => [0x88, 0, 0, 0, 0, 0, 0, (length >> 8) & 0xff, length & 0xff],
    () => [0x80],
    (length) => minimal(length + 1),
    (length) => minimal(Math.max(0, length - 1)),
    () => [0x84, 0xff, 0xff, 0xff, 0xff],
  ];
  const form = forms[random(forms.length)] as (length: number) => number[];
  return Buffer.concat(tree.map((node) => write(node, chosen, form)));
}

function read(der: Buffer, nodes: Node[], depth: number): Node[] {
  const found: Node[] = [];
  for (let at = 0; at + 2 <= der.length; ) {
    const first = der[at + 1] as number;
    const size = first < 0x80 ? 0 : first & 0x7f;
    if (size > 4 || at + 2 + size > der.length) return [];
    const length = size === 0 ? first : der.readUIntBE(at + 2, size);
    const start = at + 2 + size;
    if (start + length > der.length) return [];
    const tag = der[at] as number;
    const content = der.subarray(start, start + length);
    const inner = (tag & 0x20) !== 0 && depth < 12 ? read(content, nodes, depth + 1) : [];
    const node = { tag, content: inner.length > 0 ? inner : content };
    nodes.push(node);
    found.push(node);
    at = start + length;
  }
  return found;
}

function write(node: Node, chosen: Node | undefined, form: (length: number) => number[]): Buffer {
  const { content } = node;
  const bytes = Array.isArray(content)
    ? Buffer.concat(content.map((one) => write(one, chosen, form)))
    : content;
  const length = node === chosen ? form(bytes.length) : minimal(bytes.length);
  return Buffer.concat([Buffer.of(node.tag, ...length), bytes]);
}

function minimal(length: number): number[] {
  if (length < 0x80) return [length];
  if (length < 0x100) return [0x81, length];
  if (length < 0x10000) return [0x82, length >> 8, length & 0xff];
  return [0x83, length >> 16, (length >> 8) & 0xff, length & 0xff];
}
