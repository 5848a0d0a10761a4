// What the conformance suite needs to try this adapter: npx anyqueue conformance ./fixture.ts
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Adapter } from "@anyqueue/api";
import type { Fixture } from "@anyqueue/conformance";
import { PGlite, type Transaction } from "@electric-sql/pglite";
import { pglite } from "./pglite-adapter.ts";

interface Store {
  readonly folder: string;
  /** None after a crash. */
  db?: PGlite | undefined;
}

const stores = new Map<Adapter<Transaction>, Store>();
/** PGlite takes a second to make a new folder, so one that was used is emptied and used again. */
const unused: Store[] = [];

export const fixture: Fixture = {
  name: "pglite",
  async open() {
    const store = unused.pop() ?? newStore();
    await dbOf(store).exec("drop schema if exists anyqueue cascade");
    return handle(store);
  },
  async reopen(adapter) {
    const store = storeOf(adapter);
    await store.db?.close();
    store.db = undefined;
    return handle(store);
  },
  crash(adapter) {
    // Nobody closes it, and nobody uses it again. Another one opens the folder as it is.
    storeOf(adapter).db = undefined;
  },
  async transaction(adapter, work) {
    await dbOf(storeOf(adapter)).transaction(async (tx) => work(tx as never));
  },
  dispose(adapter) {
    const store = storeOf(adapter);
    if (!unused.includes(store)) unused.push(store);
  },
};

function handle(store: Store): Adapter {
  const adapter = pglite(dbOf(store));
  stores.set(adapter, store);
  return adapter as Adapter;
}

function newStore(): Store {
  const folder = mkdtempSync(join(tmpdir(), "anyqueue-pglite-"));
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
  return { folder };
}

function dbOf(store: Store): PGlite {
  store.db ??= new PGlite(store.folder);
  return store.db;
}

function storeOf(adapter: Adapter): Store {
  const store = stores.get(adapter as Adapter<Transaction>);
  if (!store) throw new Error("The fixture did not make this adapter.");
  return store;
}
