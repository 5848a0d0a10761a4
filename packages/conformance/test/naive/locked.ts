import type { Adapter, Capabilities } from "@anyqueue/api";
import { decorate } from "../../src/decorate.ts";
import type { Fixture } from "../../src/fixture.ts";
import { VERBS } from "../../src/history/call.ts";
import { naive } from "./fixture.ts";

const CAPABILITIES = Object.freeze({
  durability: "crash",
  scope: "process",
  atomicity: "store",
  transactions: false,
  push: false,
} satisfies Capabilities);

/** Naive stores that one handle at a time can open, as those with a lock on their file. One that has crashed is never heard of again. */
export function locked(): Fixture {
  const stores = naive();
  const living = new WeakSet<Adapter>();
  const inner = new WeakMap<Adapter, Adapter>();
  const handle = (adapter: Adapter): Adapter => {
    const shown = decorate(adapter, {
      capabilities: CAPABILITIES,
      async close() {
        living.delete(shown);
        await adapter.close();
      },
    });
    living.add(shown);
    inner.set(shown, adapter);
    return shown;
  };
  let last: Adapter | undefined;
  return {
    name: "locked",
    async open() {
      last = handle(await stores.open());
      return last;
    },
    async reopen(adapter) {
      if (last && living.has(last)) throw new Error("The store is locked by a handle that still lives.");
      last = handle((await stores.reopen?.(inner.get(adapter) ?? adapter)) ?? (await stores.open()));
      return last;
    },
    crash(adapter) {
      living.delete(adapter);
      const verbs = VERBS.filter((verb) => verb !== "close");
      const refuse = (verb: string) => () => Promise.reject(new TypeError(`\`${verb}\` was called after the crash.`));
      Object.assign(adapter, Object.fromEntries(verbs.map((verb) => [verb, refuse(verb)])));
    },
  };
}
