import { sqlite, type SqliteOptions } from "@anyqueue/adapter-sqlite";

/** How another process of the suite reaches the same file. */
export function connect(options: SqliteOptions) {
  return sqlite(options);
}
