import { type Hint, isQueueError, Store } from "@anyqueue/api";
import type { Case } from "../case.ts";
import { holds, same, sameIds } from "../check.ts";
import { settle } from "../hints.ts";
import { durable, shared } from "../needs.ts";
import { SECOND, T0 } from "../time.ts";

/** P25: opening and closing. */
export const closing: readonly Case[] = [
  {
    promise: "P25",
    scenarios: ["S57", "S58"],
    title: "opens a new store empty",
    async run(t) {
      same(await t.adapter.list({ limit: 9, now: T0 }), { items: [] }, "A new store lists jobs.");
      same(await t.adapter.lanes({ now: T0 }), [], "A new store has lanes.");
      same(await t.adapter.get(["main:1"]), [null], "A new store holds a job.");
      same(await t.log(), [], "A new store holds events.");
      same(await t.adapter.remove({ ids: ["main:1"] }), 0, "A new store removed a job.");
    },
  },
  {
    promise: "P25",
    title: "tells its capabilities, frozen, and its name once it is open",
    async run(t) {
      const { name, capabilities } = t.adapter;
      holds(
        /^[a-z][a-z0-9-]*$/.test(name),
        `A name is lower-case letters, digits and dashes, not ${JSON.stringify(name)}.`,
      );
      holds(Object.isFrozen(capabilities), "The capabilities are not frozen.");
      const { durability, scope, atomicity, transactions, push, ...rest } = capabilities;
      holds(["none", "snapshot", "crash", "power-loss"].includes(durability), "There is no such durability.");
      holds(["process", "machine", "network"].includes(scope), "There is no such scope.");
      holds(["store", "lane"].includes(atomicity), "There is no such atomicity.");
      holds([true, false, "synchronous"].includes(transactions), "There are no such transactions.");
      same([typeof push, rest], ["boolean", {}], "The capabilities are not as declared.");
    },
  },
  {
    promise: "P25",
    scenarios: ["S16"],
    title: "can be closed twice, also at the same time",
    async run(t) {
      await t.add();
      await Promise.all([t.adapter.close(), t.adapter.close()]);
      await t.adapter.close();
    },
  },
  {
    promise: "P25",
    title: "can be closed while somebody listens, and tells nothing afterwards",
    async run(t) {
      const isShared = t.adapter.capabilities.scope !== "process";
      const another = isShared ? await t.reopen() : undefined;
      const heard: Hint[] = [];
      const unsubscribe = await t.adapter.subscribe((hint) => heard.push(hint));
      await t.adapter.close();
      await another?.insert([t.job()], { now: T0 });
      await settle();
      same(heard, [], "A handle that was closed told of what another one did.");
      unsubscribe();
    },
  },
  {
    promise: "P25",
    scenarios: ["S16"],
    title: "waits at its close for what is in flight; afterwards every verb answers `CLOSED`",
    async run(t) {
      const store = new Store(t.adapter);
      await store.open();
      let answered = 0;
      const inFlight = Array.from({ length: 10 }, async (_, i) => {
        const [outcome] = await store.insert([{ type: "work.do", payload: i }]);
        same(outcome?.status, "added", "An insert in flight was lost when the store was closed.");
        answered += 1;
      });
      await store.close();
      same(answered, 10, "The store was closed before what was in flight had been answered.");
      await Promise.all(inFlight);
      const verbs: Record<string, () => Promise<unknown>> = {
        insert: () => store.insert([{ type: "x", payload: null }]),
        poll: () => store.poll({ limit: 1, lease: { ms: SECOND, holder: "ann" } }),
        cas: () => store.cas([{ id: "default:1", expect: { version: 1 }, set: { priority: 1 } }]),
        get: () => store.get(["default:1"]),
        list: () => store.list({ limit: 1 }),
        remove: () => store.remove({ ids: ["default:1"] }),
        append: () => store.append([{ id: "default:1", event: 1 }]),
        events: () => store.events({ limit: 1 }),
        lanes: () => store.lanes(),
        configure: () => store.configure("default", { paused: true }),
        subscribe: () => store.subscribe(() => {}),
      };
      for (const [verb, call] of Object.entries(verbs)) {
        const error = await call().then(
          () => undefined,
          (thrown: unknown) => thrown,
        );
        holds(
          isQueueError(error, "CLOSED"),
          `After the close, \`${verb}\` did not answer CLOSED but ${String(error)}.`,
        );
      }
      await store.close();
      if (t.adapter.capabilities.durability === "none") return;
      const { items } = await (await t.reopen()).list({ limit: 99, now: T0 });
      same(items.length, answered, "What was answered before the close is not there when the store is opened again.");
    },
  },
  {
    promise: "P25",
    scenarios: ["S15", "S78"],
    title: "opens an existing store again and again without losing anything",
    needs: durable,
    async run(t) {
      const ids = await t.addAll([{}, { lane: "side" }]);
      await t.adapter.close();
      for (let i = 0; i < 3; i++) {
        const again = await t.reopen();
        const { items } = await again.list({ limit: 99, now: T0 });
        sameIds(items, ids, "Opening an existing store lost jobs, or made some.");
        await again.close();
      }
    },
  },
  {
    promise: "P25",
    scenarios: ["S15"],
    title: "can be opened by many at once",
    needs: shared,
    async run(t) {
      const id = await t.add();
      const handles = await Promise.all(Array.from({ length: 6 }, () => t.reopen()));
      for (const handle of handles)
        same((await t.read(id, handle)).state, "waiting", "A handle does not see the store.");
    },
  },
];
