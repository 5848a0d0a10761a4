import { statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { QueueError } from "@anyqueue/api";
import SqliteDatabase, { type Database } from "better-sqlite3";
import { migrate, needsMigration } from "./migrations.ts";
import { MEMORY, type SqliteOptions } from "./options.ts";

/** Older versions could lose commits when several connections checkpointed at once; fixed in this one. */
const OLDEST_SQLITE = "3.51.3";

/** Memory for cached pages, in KiB. More does not show in measurements, less does. */
const CACHE_KIB = 16_384;

/** The absolute path of the database, so that the working directory may change, or `:memory:`. */
export function locate(path: string): string {
  return path === MEMORY ? MEMORY : resolve(path);
}

/**
 * Opens the file and brings it up to date. May throw SQLite's `BUSY` while another process does the same; it is safe to
 * call again (P25).
 */
export function openDatabase({ path, durability = "full" }: SqliteOptions): Database {
  const location = locate(path);
  if (location !== MEMORY) checkPath(location);
  // No busy timeout: it would block the event loop. Whoever meets a lock tries again later.
  const db = new SqliteDatabase(location, { timeout: 0 });
  try {
    checkVersion(db);
    // Before anything is written: a store of newer code, and a file that is no database, stay as they are.
    const isOutdated = needsMigration(db, location);
    db.pragma("journal_mode = WAL");
    db.pragma(`synchronous = ${durability === "full" ? "FULL" : "NORMAL"}`);
    db.pragma(`cache_size = -${CACHE_KIB}`);
    if (isOutdated) migrate(db, location);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/** @throws QueueError `INVALID` for a path at which no file can be. */
export function checkPath(path: string): void {
  const folder = dirname(path);
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true) {
    throw new QueueError("INVALID", `Cannot open ${path}: the folder ${folder} does not exist. Create it first.`);
  }
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === true) {
    throw new QueueError("INVALID", `Cannot open ${path}: it is a folder. Name a file in it, such as ${path}/jobs.db.`);
  }
}

function checkVersion(db: Database): void {
  const version = db.prepare("SELECT sqlite_version()").pluck().get() as string;
  if (isOlder(version, OLDEST_SQLITE)) {
    throw new QueueError(
      "UNSUPPORTED",
      `SQLite ${version} can lose commits when several processes checkpoint; ${OLDEST_SQLITE} or newer is needed. ` +
        "Update better-sqlite3.",
    );
  }
}

/** True when version `a` came before version `b`. */
export function isOlder(a: string, b: string): boolean {
  return a.localeCompare(b, "en", { numeric: true }) < 0;
}
