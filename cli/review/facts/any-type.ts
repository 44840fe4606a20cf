/** What Terraform itself can be told about a resource of any type: asked before the rows of its type. */
import { absent, any, guard, type Judge, turned } from "../judges.ts";
import { rows } from "./row.ts";

const concern = "Protection";
const nothing: Judge = () => undefined;

export const anyType = [
  ...rows("*", "Deployment", [
    "depends_on.**",
    "what is waited for",
    ({ after }) => (after === undefined ? "changes" : undefined),
  ]),
  ...rows(
    "*",
    concern,
    ["lifecycle.prevent_destroy", "Terraform refuses to destroy it", turned(true)],
    ["lifecycle.ignore_changes.**", "changes by others are not undone", any("loosens")],
    ["lifecycle.postcondition[]", "what must hold after an apply", guard],
    ["lifecycle.precondition[]", "what must hold before an apply", guard],
    ["lifecycle.postcondition", "what must hold after an apply", guard],
    ["lifecycle.precondition", "what must hold before an apply", guard],
    ["lifecycle.create_before_destroy", "made before the old one goes", nothing],
    ["lifecycle.**", "how Terraform treats it", any("unjudged")],
    ["count", "how many there are (none, perhaps)", absent("unjudged"), "whole"],
    ["for_each", "for what it is there (nothing, perhaps)", absent("unjudged"), "whole"],
    ["provisioner", "a command that the apply runs", absent("loosens"), "whole"],
    ["provider", "the provider, and with it account and role", absent("unjudged"), "whole"],
    ["dynamic", "blocks that Terraform makes", absent("unjudged"), "whole"],
  ),
];
