import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Adapter } from "@anyqueue/api";
import type { Fixture } from "@anyqueue/conformance";
import { NodeSqliteAdapter, type NodeSqliteOptions } from "./node-sqlite-adapter.ts";

const paths = new WeakMap<Adapter, string>();

function at(path: string): Adapter {
  const adapter = new NodeSqliteAdapter({ path });
  paths.set(adapter, path);
  return adapter;
}

function pathOf(adapter: Adapter): string {
  return paths.get(adapter) ?? "";
}

/** How the suite gets at stores: each on a file of its own. */
export const fixture: Fixture = {
  name: "node-sqlite",
  open: async () => at(join(await mkdtemp(join(tmpdir(), "node-sqlite-")), "jobs.db")),
  reopen: (adapter) => at(pathOf(adapter)),
  dispose: (adapter) => rm(dirname(pathOf(adapter)), { recursive: true, force: true }),
  spawn: (adapter) => ({ module: import.meta.url, options: { path: pathOf(adapter) } }),
};

/** What another process of the suite imports to reach the same store. */
export function connect(options: NodeSqliteOptions): Adapter {
  return new NodeSqliteAdapter(options);
}
