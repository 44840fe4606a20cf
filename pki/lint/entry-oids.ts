/** Extensions of CRL entries, RFC 5280 5.3. */
export const entryOids = { reasonCode: "2.5.29.21", invalidityDate: "2.5.29.24" } as const;
