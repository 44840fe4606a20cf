/**
 * Names by which calls are counted: API Gateway wants the value of an API key, and the authorizer tells it.
 *
 * The value is a name, no secret: the API takes keys from its authorizer alone (api_key_source), so that one who
 * knows it can do nothing with it.
 */
import { createHash } from "node:crypto";

/** Rules without a class are counted together under it; no rule's name begins with an underscore. */
export const sharedUsage = "_shared";

/** 20 to 128 characters, one of its kind in account and region. */
export const usageKeyValue = (stack: string, usage: string): string =>
  createHash("sha256").update(`${stack}/${usage}`).digest("hex");

export const usagePlanName = (stack: string, plan: string): string => `${stack}-${plan}`;
