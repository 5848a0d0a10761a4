import type { Fixture } from "@anyqueue/conformance";
import { MyStoreAdapter } from "../src/my-store-adapter.ts";

/**
 * How the suite gets at stores. It asks for a new and empty one for each case and each random script, a thousand times and
 * more, and closes each.
 */
export const fixture: Fixture = {
  name: "my-store",
  open: () => new MyStoreAdapter({ url: "a new and empty store" }),

  // What else the suite needs follows from what the adapter claims:
  // reopen: (adapter) => another handle on the same store      durability beyond "none", scope beyond "process"
  // spawn: (adapter) => ({ module: import.meta.url, options })  scope beyond "process": another process calls `connect`
  // transaction: async (adapter, work) => …                     transactions
  // dispose: (adapter) => remove what `open` made
};

// What `spawn` needs, in the same file:
// export function connect(options) { return new MyStoreAdapter(options); }
