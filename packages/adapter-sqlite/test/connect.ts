import type { Adapter } from "@anyqueue/api";
import { sqlite, type SqliteOptions } from "@anyqueue/adapter-sqlite";

/** How another process of the conformance suite opens the same file. */
export function connect(options: SqliteOptions): Adapter {
  return sqlite(options);
}
