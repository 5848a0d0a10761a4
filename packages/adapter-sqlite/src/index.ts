export { backend } from "./backend.ts";
export type { SqliteOptions } from "./options.ts";
export { sqlite, SqliteAdapter } from "./sqlite-adapter.ts";
