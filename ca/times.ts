/** Times as certificates and CRLs hold them: whole seconds; and the minute by which clocks may differ. */

/** A reader whose clock is behind must not meet a certificate of the future. */
const backdatedSeconds = 60;

export const wholeSeconds = (date: Date): Date => new Date(Math.floor(date.getTime() / 1000) * 1000);

export const addSeconds = (date: Date, seconds: number): Date => new Date(date.getTime() + seconds * 1000);

/** notBefore and thisUpdate: a minute ago. */
export const backdated = (now: Date): Date => addSeconds(wholeSeconds(now), -backdatedSeconds);

export const earlier = (a: Date, b: Date): Date => (a.getTime() <= b.getTime() ? a : b);
