/** One object of a file, PEM or DER: nobody should have to know which. */
import { decodeOnePem, type PemLabel } from "#pki/pem.ts";
import { readTyped } from "../../where-typed.ts";

/** DER begins with a SEQUENCE; everything else must be PEM with that label. */
export function derOf(bytes: Buffer, label: PemLabel): Buffer {
  return bytes[0] === 0x30 ? bytes : decodeOnePem(bytes.toString("latin1"), label);
}

export const readDer = (path: string, label: PemLabel): Buffer => derOf(readTyped(path), label);
