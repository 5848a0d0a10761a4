import { memory } from "@anyqueue/adapter-memory";
import { type Adapter, Store } from "@anyqueue/api";
import type { Fixture } from "../../src/fixture.ts";

/** The memory adapter behind the guard that every adapter stands behind, which refuses what is no valid call. */
export const guarded: Fixture = {
  name: "memory behind its guard",
  open() {
    const adapter = memory();
    const store = new Store(adapter);
    return {
      name: "guarded",
      capabilities: adapter.capabilities,
      open: () => store.open(),
      close: () => store.close(),
      insert: (jobs, at) => store.insert(jobs, at),
      poll: (request) => store.poll(request as Parameters<Store["poll"]>[0]),
      cas: (changes, at) => store.cas(changes as Parameters<Store["cas"]>[0], at),
      get: (ids) => store.get(ids),
      list: (query) => store.list(query as Parameters<Store["list"]>[0]),
      remove: (query) => store.remove(query),
      append: (entries, at) => store.append(entries, at),
      events: (query) => store.events(query),
      lanes: (query) => store.lanes(query),
      configure: (lane, settings) => store.configure(lane, settings),
      subscribe: (wake) => store.subscribe(wake),
    } satisfies Adapter;
  },
};
