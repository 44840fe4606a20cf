/** What a trail leaves out, by its selectors: what is not understood is taken as left out. */
import { leftOutBy } from "#aws/account-trails.ts";

const field = (Field: string, condition: object) => ({ Field, ...condition });
const management = field("eventCategory", { Equals: ["Management"] });
const advanced = (...FieldSelectors: object[]) => ({ FieldSelectors }) as never;

test.each([
  ["the default", [{}], [], []],
  ["everything", [{ IncludeManagementEvents: true, ReadWriteType: "All" }], [], []],
  ["no selector", [], [], ["management events"]],
  ["data events only", [{ IncludeManagementEvents: false }], [], ["management events"]],
  ["what writes", [{ ReadWriteType: "WriteOnly" }], [], ["read-only"]],
  ["what reads", [{ ReadWriteType: "ReadOnly" }], [], ["write-only"]],
  ["both, by two selectors", [{ ReadWriteType: "ReadOnly" }, { ReadWriteType: "WriteOnly" }], [], []],
  ["without KMS", [{ ExcludeManagementEventSources: ["kms.amazonaws.com"] }], [], ["KMS"]],
  ["without another source", [{ ExcludeManagementEventSources: ["rdsdata.amazonaws.com"] }], [], []],
  [
    "KMS only where it writes",
    [{ ReadWriteType: "WriteOnly" }, { ExcludeManagementEventSources: ["kms.amazonaws.com"] }],
    [],
    ["KMS"],
  ],
  ["advanced: all", [], [advanced(management)], []],
  ["advanced: data", [], [advanced(field("eventCategory", { Equals: ["Data"] }))], ["management events"]],
  [
    "advanced: what writes",
    [],
    [advanced(management, field("readOnly", { Equals: ["false"] }))],
    ["read-only"],
  ],
  [
    "advanced: what reads",
    [],
    [advanced(management, field("readOnly", { Equals: ["true"] }))],
    ["write-only"],
  ],
  [
    "advanced: without KMS",
    [],
    [advanced(management, field("eventSource", { NotEquals: ["kms.amazonaws.com"] }))],
    ["KMS"],
  ],
  [
    "advanced: a condition of another kind",
    [],
    [advanced(management, field("eventSource", { StartsWith: ["s3"] }))],
    ["KMS"],
  ],
  [
    "advanced: a field that is not known here",
    [],
    [advanced(management, field("userIdentity.arn", { NotEquals: ["arn"] }))],
    ["management events"],
  ],
])("%s", (_what, basic, more, expected) => {
  expect(leftOutBy(basic as never, more)).toEqual(expected);
});
