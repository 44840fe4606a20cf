/** One line of what bootstrap found. */
export interface Item {
  readonly account: string;
  readonly kind: "bucket" | "foundation";
  readonly name: string;
  readonly region: string;
  readonly state: "as it should be" | "missing" | "differs";
  readonly what: string;
}
