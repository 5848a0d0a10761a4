import type { Capabilities } from "@anyqueue/api";
import { MEMORY, type SqliteOptions } from "./options.ts";

/** What a store with these options can do. One in memory is reached by one connection only, so nobody can join it. */
export function capabilitiesOf({ path, durability = "full" }: SqliteOptions): Capabilities {
  if (path === MEMORY) {
    return Object.freeze({ durability: "none", scope: "process", atomicity: "store", transactions: false, push: true });
  }
  return Object.freeze({
    durability: durability === "full" ? "power-loss" : "crash",
    scope: "machine",
    atomicity: "store",
    // As `db.transaction(…)` of better-sqlite3 is, which commits when its function returns.
    transactions: "synchronous",
    push: true,
  });
}
