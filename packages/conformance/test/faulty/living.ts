import { laneOf } from "@anyqueue/api";
import { decorate } from "../../src/decorate.ts";
import { change, type Fault, oneByOne, without } from "./fault.ts";

/** Breaks P21 and P24 to P26. */
export const living: readonly Fault[] = [
  {
    promise: "P21",
    name: "cancels held jobs at once",
    break: (adapter) =>
      decorate(adapter, {
        cas: (changes, at) =>
          adapter.cas(
            changes.map((each) => (each.set.cancel ? { ...each, set: { state: "cancelled" } } : each)),
            at,
          ),
      }),
  },
  {
    promise: "P21",
    name: "does not tell a holder that renews",
    break: (adapter) =>
      decorate(adapter, {
        cas: async (changes, at) =>
          (await adapter.cas(changes, at)).map((outcome, i) => {
            if (outcome.status !== "ok" || changes[i]?.set.leaseMs === undefined) return outcome;
            return without(outcome, "cancelRequested");
          }),
      }),
  },
  {
    promise: "P21",
    name: "lets a job that was asked to stop go back to waiting",
    break: (adapter) =>
      decorate(adapter, {
        cas: (changes, at) =>
          oneByOne(changes, async (each) => {
            const [before] = await adapter.get([each.id]);
            const outcome = await change(adapter, each, at);
            const { state } = each.set;
            if (outcome.status !== "ok" || !before?.cancelRequested || state !== "waiting") return outcome;
            return change(adapter, { id: each.id, expect: { state: "cancelled" }, set: { state } }, at);
          }),
      }),
  },
  {
    promise: "P21",
    name: "lists groups by prefix",
    break: (adapter) =>
      decorate(adapter, {
        list: ({ group, ...query }) =>
          adapter.list(group === undefined ? query : { ...query, where: { group: { prefix: group } } }),
      }),
  },
  {
    promise: "P24",
    name: "says nothing when jobs come",
    break: (adapter) =>
      decorate(adapter, { subscribe: (wake) => adapter.subscribe((hint) => "lane" in hint || wake(hint)) }),
  },
  {
    promise: "P24",
    name: "says nothing when jobs end",
    break: (adapter) =>
      decorate(adapter, { subscribe: (wake) => adapter.subscribe((hint) => "job" in hint || wake(hint)) }),
  },
  {
    promise: "P24",
    name: "says that a job of the lane ended whenever a change was tried",
    break: (adapter) => {
      const wakes = new Set<(lane: string) => void>();
      return decorate(adapter, {
        cas: async (changes, at) => {
          const outcomes = await adapter.cas(changes, at);
          for (const wake of wakes) for (const { id } of changes) wake(laneOf(id));
          return outcomes;
        },
        subscribe: (wake) => {
          wakes.add((lane) => wake({ finished: lane }));
          return adapter.subscribe(wake);
        },
      });
    },
  },
  {
    promise: "P24",
    name: "cannot be unsubscribed from",
    break: (adapter) =>
      decorate(adapter, {
        subscribe: async (wake) => {
          await adapter.subscribe(wake);
          return () => {};
        },
      }),
  },
  {
    promise: "P25",
    name: "cannot be closed twice",
    break(adapter) {
      let closed = false;
      return decorate(adapter, {
        close: async () => {
          if (closed) throw new Error("It is closed.");
          closed = true;
          await adapter.close();
        },
      });
    },
  },
  {
    promise: "P25",
    name: "tidies an existing store up when it opens it",
    break: (adapter) =>
      decorate(adapter, {
        open: async () => {
          await adapter.open();
          const { items } = await adapter.list({ limit: 1000 });
          await adapter.remove({ ids: items.map((job) => job.id) });
        },
      }),
  },
  {
    promise: "P25",
    name: "lets its capabilities be changed",
    break: (adapter) => decorate(adapter, { capabilities: { ...adapter.capabilities } }),
  },
  {
    promise: "P26",
    name: "prunes active jobs",
    break: (adapter) =>
      decorate(adapter, {
        remove: async (query) => {
          const count = await adapter.remove(query);
          if ("ids" in query) return count;
          const { lane, now = Date.now() } = query;
          const isOld = (insertedAt: number) => "keep" in query || insertedAt <= now - query.olderThanMs;
          const { items } = await adapter.list({ states: ["active"], limit: 1000, ...(lane && { lanes: [lane] }) });
          const old = items.filter((job) => isOld(job.insertedAt)).map((job) => job.id);
          return count + (await adapter.remove({ ids: old.slice(0, query.limit - count) }));
        },
      }),
  },
  {
    promise: "P26",
    name: "removes without a limit",
    break: (adapter) =>
      decorate(adapter, { remove: (query) => adapter.remove("ids" in query ? query : { ...query, limit: 10_000 }) }),
  },
  {
    promise: "P26",
    name: "counts what it was asked to remove",
    break: (adapter) =>
      decorate(adapter, {
        remove: async (query) => {
          const count = await adapter.remove(query);
          return "ids" in query ? query.ids.length : count;
        },
      }),
  },
  {
    promise: "P26",
    name: "removes finished jobs of every lane",
    break: (adapter) =>
      decorate(adapter, {
        remove: (query) => {
          if ("ids" in query || "keep" in query) return adapter.remove(query);
          return adapter.remove(without(query, "lane"));
        },
      }),
  },
  {
    promise: "P26",
    name: "keeps what its lane does not keep",
    break: (adapter) =>
      decorate(adapter, {
        configure: (lane, settings) => adapter.configure(lane, without(settings, "keep")),
      }),
  },
];
