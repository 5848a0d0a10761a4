import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Adapter } from "@anyqueue/api";
import { sqlite } from "@anyqueue/adapter-sqlite";
import { type Fixture, runConformance } from "@anyqueue/conformance";
import SqliteDatabase from "better-sqlite3";
import { describe, it } from "vitest";

runConformance(
  { name: "sqlite in memory", open: () => sqlite({ path: ":memory:" }) },
  { describe, it },
  { time: "5s" },
);
runConformance(onFile(), { describe, it });

/** Each case on a file of its own, with every means that a store of several processes can be asked for. */
function onFile(): Fixture {
  const paths = new WeakMap<Adapter, string>();
  const pathOf = (adapter: Adapter) => paths.get(adapter) ?? "";
  const at = (path: string): Adapter => {
    const adapter = sqlite({ path });
    paths.set(adapter, path);
    return adapter;
  };
  return {
    name: "sqlite",
    open: async () => at(join(await mkdtemp(join(tmpdir(), "anyqueue-sqlite-")), "jobs.db")),
    reopen: (adapter) => at(pathOf(adapter)),
    dispose: (adapter) => rm(dirname(pathOf(adapter)), { recursive: true, force: true }),
    async transaction(adapter, work) {
      const db = new SqliteDatabase(pathOf(adapter), { timeout: 0 });
      try {
        db.exec("BEGIN IMMEDIATE");
        await work(db as never);
        db.exec("COMMIT");
      } finally {
        db.close();
      }
    },
    spawn: (adapter) => ({
      module: new URL("./connect.ts", import.meta.url).href,
      options: { path: pathOf(adapter) },
    }),
  };
}
