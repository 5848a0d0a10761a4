import type { Backend } from "@anyqueue/api";
import type { Database } from "better-sqlite3";
import { plan } from "./plan.ts";
import { type SqliteOptions, SqliteOptionsSchema } from "./options.ts";
import { SqliteAdapter } from "./sqlite-adapter.ts";

/**
 * How `openQueue` finds this package: `sqlite:jobs.db`, `sqlite:/var/lib/jobs.db`, `sqlite::memory:`,
 * `sqlite:jobs.db?durability=normal`.
 */
export const backend: Backend<Database> = {
  name: "sqlite",
  options: SqliteOptionsSchema,
  fromUrl: (address, query) => ({ path: pathOf(address), ...query }),
  create: (options: SqliteOptions) => new SqliteAdapter(options),
  plan,
};

/** `sqlite:///var/lib/jobs.db` is what other tools write for `sqlite:/var/lib/jobs.db`. */
function pathOf(address: string): string {
  return decodeURIComponent(address.startsWith("//") ? address.slice(2) : address);
}
