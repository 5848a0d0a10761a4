import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { sqlite } from "@anyqueue/adapter-sqlite";
import type { Adapter } from "@anyqueue/api";
import { type Fixture, runConformance } from "@anyqueue/conformance";
import BetterSqlite, { type Database } from "better-sqlite3";
import { describe, it } from "vitest";

const paths = new WeakMap<Adapter, string>();

const fixture: Fixture = {
  name: "sqlite",
  async open() {
    return onFile(join(await mkdtemp(join(tmpdir(), "anyqueue-sqlite-")), "jobs.db"));
  },
  reopen: (adapter) => onFile(pathOf(adapter)),
  dispose: (adapter) => rm(dirname(pathOf(adapter)), { recursive: true, force: true }),
  async transaction(adapter, work) {
    const database: Database = new BetterSqlite(pathOf(adapter));
    try {
      database.exec("BEGIN IMMEDIATE");
      try {
        await work(database as never);
        database.exec("COMMIT");
      } finally {
        if (database.inTransaction) database.exec("ROLLBACK");
      }
    } finally {
      database.close();
    }
  },
  spawn: (adapter) => ({
    module: new URL("./connect.ts", import.meta.url).href,
    options: { path: pathOf(adapter) },
  }),
};

runConformance(fixture, { describe, it });

function onFile(path: string): Adapter {
  const adapter = sqlite({ path });
  paths.set(adapter, path);
  return adapter;
}

function pathOf(adapter: Adapter): string {
  const path = paths.get(adapter);
  if (path === undefined) throw new Error("This adapter was made by another fixture.");
  return path;
}
