export { backend } from "./backend.ts";
export type { PostgresOptions } from "./options.ts";
export { postgres, PostgresAdapter } from "./postgres-adapter.ts";
export type { PostgresTransaction } from "./transaction.ts";
