/** The parts of jose that verify a token, in a module of their own so that they are loaded together and late. */
export { decodeProtectedHeader, errors, jwtVerify } from "jose";
