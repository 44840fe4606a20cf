/**
 * Messages on people who do not exist: a function of the seed and nothing else.
 *
 * Nothing in them can be anybody's: addresses are of example.com (RFC 2606), and what identifies a customer says
 * that it is a sample. A bad message is one that lacks a field, as a real source's do; it says which.
 */
import { createHash } from "node:crypto";

export interface Message {
  readonly body: {
    readonly customerId: string;
    readonly name: string;
    readonly email?: string;
    readonly segment: string;
  };
  readonly attributes: {
    readonly sequence: number;
    readonly source: string;
    readonly quality: "good" | "bad";
    readonly missing?: "email";
  };
}

const givenNames = ["Ada", "Bela", "Ciro", "Dara", "Edda", "Filip", "Gero", "Hana", "Ilja", "Juna"] as const;
const familyNames = [
  "Ash",
  "Birch",
  "Cedar",
  "Elm",
  "Hazel",
  "Larch",
  "Maple",
  "Oak",
  "Pine",
  "Rowan",
] as const;
const segments = ["private", "business", "charity"] as const;
const sources = ["branch", "online", "telephone"] as const;

export function messagesOf(seed: string, count: number): Message[] {
  return Array.from({ length: count }, (_, index) => message(seed, index + 1));
}

function message(seed: string, sequence: number): Message {
  const bytes = createHash("sha256").update(`${seed}\n${sequence}`).digest();
  const given = pick(givenNames, bytes[0]);
  const family = pick(familyNames, bytes[1]);
  const customerId = `sample-${bytes.subarray(4, 8).toString("hex")}`;
  const common = { customerId, name: `${given} ${family}`, segment: pick(segments, bytes[2]) };
  const attributes = { sequence, source: pick(sources, bytes[3]) };
  // One in eight.
  return (bytes[8] ?? 0) < 32
    ? { body: common, attributes: { ...attributes, quality: "bad", missing: "email" } }
    : {
        body: { ...common, email: `${given}.${family}@example.com`.toLowerCase() },
        attributes: { ...attributes, quality: "good" },
      };
}

const pick = <T>(from: readonly [T, ...T[]], byte = 0): T => from[byte % from.length] ?? from[0];
