/** Everything of `@anyqueue/api`, with the memory, SQLite and Postgres backends on board: `openQueue("sqlite:jobs.db")` just works. */
import "./backends.ts";

export * from "@anyqueue/api";
// Named here so that the declarations that npm publishes lead to the adapters: what they only import for its types is left
// out of them, and `queue.in(tx)` would take nothing.
export type { MemoryOptions } from "@anyqueue/adapter-memory";
export type { PostgresOptions, PostgresTransaction } from "@anyqueue/adapter-postgres";
export type { SqliteOptions } from "@anyqueue/adapter-sqlite";
