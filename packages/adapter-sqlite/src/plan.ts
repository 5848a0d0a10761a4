import { existsSync } from "node:fs";
import type { MigrationPlan } from "@anyqueue/api";
import SqliteDatabase from "better-sqlite3";
import { checkPath, locate } from "./database.ts";
import { explain } from "./failures.ts";
import { planFor } from "./migrations.ts";
import { MEMORY, type SqliteOptions } from "./options.ts";
import { patiently } from "./patience.ts";

/** Tells what opening the file would change in its layout. A file that does not exist is not made (P25). */
export async function plan(options: SqliteOptions): Promise<MigrationPlan> {
  const path = locate(options.path);
  if (path !== MEMORY) checkPath(path);
  if (path === MEMORY || !existsSync(path)) return planFor(undefined, path);
  try {
    return await patiently(path, () => look(path));
  } catch (error) {
    throw explain(error, path);
  }
}

function look(path: string): MigrationPlan {
  // Not opened as read-only: SQLite would leave the side files behind that it makes for a reader.
  const db = new SqliteDatabase(path, { fileMustExist: true, timeout: 0 });
  try {
    db.pragma("query_only = true");
    return planFor(db, path);
  } finally {
    db.close();
  }
}
