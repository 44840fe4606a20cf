/** The part of jose that verifies a signature, in a module of its own so that it is loaded late and alone. */
export { compactVerify } from "jose/jws/compact/verify";
