/** Reason codes of a complete CRL (RFC 5280 5.3.1). removeFromCRL (8) belongs to deltas, 7 is not assigned. */
export type CrlReason =
  | "keyCompromise"
  | "cACompromise"
  | "affiliationChanged"
  | "superseded"
  | "cessationOfOperation"
  | "certificateHold"
  | "privilegeWithdrawn"
  | "aACompromise";

/** What we write. `unspecified` (0) is written by leaving the extension out. */
export const reasonNumbers: Readonly<Record<CrlReason, number>> = {
  keyCompromise: 1,
  cACompromise: 2,
  affiliationChanged: 3,
  superseded: 4,
  cessationOfOperation: 5,
  certificateHold: 6,
  privilegeWithdrawn: 9,
  aACompromise: 10,
};

const names = new Map(Object.entries(reasonNumbers).map(([name, number]) => [number, name as CrlReason]));

export const isLegalReason = (number: number): boolean =>
  number >= 0 && number <= 10 && number !== 7 && number !== 8;

/** Undefined for `unspecified`, and for what is not legal. */
export const reasonName = (number: number): CrlReason | undefined => names.get(number);
