import type { Backend } from "@anyqueue/api";
import { plan } from "./plan.ts";
import { type PostgresOptions, PostgresOptionsSchema } from "./options.ts";
import { PostgresAdapter } from "./postgres-adapter.ts";
import type { PostgresTransaction } from "./transaction.ts";
import { readUrl } from "./url-options.ts";

/**
 * How `openQueue` finds this package: `postgres://user@host/database`, `postgres://localhost/jobs?schema=mail&connections=20`,
 * or `postgres:` for what the environment says.
 */
export const backend: Backend<PostgresTransaction> = {
  name: "postgres",
  options: PostgresOptionsSchema,
  fromUrl: (address, query) => ({ ...readUrl(address, query) }),
  create: (options: PostgresOptions) => new PostgresAdapter(options),
  plan,
};
