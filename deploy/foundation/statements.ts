/** Statements of IAM policies, written short. */
import type { PolicyDocument } from "#aws/account-seed.ts";

export const document = (...Statement: object[]): PolicyDocument => ({ Version: "2012-10-17", Statement });

export const allow = (
  Sid: string,
  Action: readonly string[],
  Resource: readonly string[],
  Condition?: object,
): object => ({ Sid, Effect: "Allow", Action, Resource, ...(Condition ? { Condition } : {}) });
