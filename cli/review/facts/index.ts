/** All rows, in the order in which they are asked. */
import { anyType } from "./any-type.ts";
import { authorizer } from "./authorizer.ts";
import { certificateAuthority } from "./certificate-authority.ts";
import { code } from "./code.ts";
import { domain } from "./domain.ts";
import { firewall } from "./firewall.ts";
import { protection } from "./protection.ts";
import { records } from "./records.ts";
import { routes } from "./routes.ts";
import type { Row } from "./row.ts";

export const factRows: readonly Row[] = [
  ...anyType,
  ...certificateAuthority,
  ...authorizer,
  ...routes,
  ...domain,
  ...firewall,
  ...records,
  ...code,
  ...protection,
];
