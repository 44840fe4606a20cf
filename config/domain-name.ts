/** A name in DNS, as certificates and records carry it. */
import { z } from "zod";

export const domainName = z
  .string()
  .max(253, "at most 253 characters")
  .regex(
    /^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$/,
    "a lower-case domain name such as api.example.com",
  );
