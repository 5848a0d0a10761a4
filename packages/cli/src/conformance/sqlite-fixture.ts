import { mkdtemp, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { type Adapter, createAdapter } from "@anyqueue/api";
import type { Fixture } from "@anyqueue/conformance";
import { childModule } from "../child-module.ts";

/** As far as the suite's own transactions need it. */
interface Database {
  exec(sql: string): unknown;
  close(): void;
}

/** SQLite, each case on a file of its own in a temporary folder, with every means of testing that the suite knows. */
export function sqliteFixture(options: Readonly<Record<string, string>>): Fixture {
  const paths = new WeakMap<Adapter, string>();
  const configOf = (path: string) => ({ ...options, backend: "sqlite", path });
  const pathOf = (adapter: Adapter): string => paths.get(adapter) ?? "";
  const at = async (path: string): Promise<Adapter> => {
    const adapter = await createAdapter(configOf(path));
    paths.set(adapter, path);
    return adapter;
  };
  return {
    name: "sqlite",
    open: async () => at(join(await mkdtemp(join(tmpdir(), "anyqueue-conformance-")), "jobs.db")),
    reopen: (adapter) => at(pathOf(adapter)),
    dispose: (adapter) => rm(dirname(pathOf(adapter)), { recursive: true, force: true }),
    async transaction(adapter, work) {
      const db = openDatabase(pathOf(adapter));
      try {
        db.exec("BEGIN IMMEDIATE");
        await work(db as never);
        db.exec("COMMIT");
      } finally {
        // An open transaction is rolled back by this.
        db.close();
      }
    },
    spawn: (adapter) => ({
      module: pathToFileURL(childModule("conformance/connect")).href,
      options: configOf(pathOf(adapter)),
    }),
  };
}

/** The driver is the adapter's dependency, not ours, so it is looked up from there. */
function openDatabase(path: string): Database {
  const require = createRequire(import.meta.resolve("@anyqueue/adapter-sqlite"));
  const Driver = require("better-sqlite3") as new (path: string, options: { timeout: number }) => Database;
  return new Driver(path, { timeout: 0 });
}
