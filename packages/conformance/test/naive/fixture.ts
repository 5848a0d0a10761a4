import type { Adapter } from "@anyqueue/api";
import type { Fixture } from "../../src/fixture.ts";
import { NaiveAdapter, NaiveStore } from "./naive-adapter.ts";

/** As the command `conformance` takes it. */
export const fixture = naive();

/** Opens naive stores, whose handles may be broken on purpose. */
export function naive(breaking: (adapter: Adapter) => Adapter = (adapter) => adapter): Fixture {
  const stores = new WeakMap<Adapter, NaiveStore>();
  const handle = (store: NaiveStore): Adapter => {
    const adapter = breaking(new NaiveAdapter(store) as Adapter);
    stores.set(adapter, store);
    return adapter;
  };
  const storeOf = (adapter: Adapter): NaiveStore => stores.get(adapter) ?? new NaiveStore();
  return {
    name: "naive",
    open: () => handle(new NaiveStore()),
    reopen: (adapter) => handle(storeOf(adapter)),
    transaction: (adapter, work) => storeOf(adapter).transaction(work),
  };
}
