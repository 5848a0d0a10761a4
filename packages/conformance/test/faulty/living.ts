import { encodeCursor, laneOf } from "@anyqueue/api";
import { decorate } from "../../src/decorate.ts";
import { change, type Fault, oneByOne, without } from "./fault.ts";

/** Breaks P19 and P21 to P26. */
export const living: readonly Fault[] = [
  {
    promise: "P19",
    name: "gives jobs of a paused lane that are asked for by id",
    break: (adapter) =>
      decorate(adapter, {
        poll: async (request) => {
          if (!request.ids) return adapter.poll(request);
          const paused = (await adapter.lanes()).filter((lane) => lane.settings.paused).map((lane) => lane.lane);
          for (const lane of paused) await adapter.configure(lane, { paused: null });
          const result = await adapter.poll(request);
          for (const lane of paused) await adapter.configure(lane, { paused: true });
          return result;
        },
      }),
  },
  {
    promise: "P19",
    name: "does not pause at all",
    break: (adapter) =>
      decorate(adapter, { configure: (lane, settings) => adapter.configure(lane, without(settings, "paused")) }),
  },
  {
    promise: "P19",
    name: "forgets the settings that are not named",
    break: (adapter) =>
      decorate(adapter, {
        configure: (lane, settings) =>
          adapter.configure(lane, { paused: null, keep: null, history: null, ...settings }),
      }),
  },
  {
    promise: "P19",
    name: "counts delayed jobs as waiting",
    break: (adapter) =>
      decorate(adapter, {
        lanes: async (query) =>
          (await adapter.lanes(query)).map((lane) => {
            const { delayed = 0, ...counts } = lane.counts;
            return delayed === 0
              ? lane
              : { ...lane, counts: { ...counts, waiting: (counts["waiting"] ?? 0) + delayed } };
          }),
      }),
  },
  {
    promise: "P19",
    name: "refuses changes in a paused lane",
    break: (adapter) =>
      decorate(adapter, {
        cas: async (changes, at) => {
          const lanes = await adapter.lanes();
          const isPaused = (id: string) => lanes.some(({ lane, settings }) => lane === laneOf(id) && settings.paused);
          return oneByOne(changes, async (each) =>
            isPaused(each.id)
              ? { status: "conflict", state: "active", token: 0, version: 0 }
              : change(adapter, each, at),
          );
        },
      }),
  },
  {
    promise: "P19",
    name: "tells since when the first job in line has been due, in place of the one that has waited longest",
    break: (adapter) =>
      decorate(adapter, {
        lanes: async (query) => {
          const lanes = await adapter.lanes(query);
          const firsts = lanes.map(async (status) => {
            const { items } = await adapter.list({
              lanes: [status.lane],
              states: ["waiting"],
              order: "poll",
              limit: 1,
              ...query,
            });
            return { ...status, oldestDueAt: items[0]?.runAt ?? null };
          });
          return Promise.all(firsts);
        },
      }),
  },
  {
    promise: "P19",
    name: "goes on counting jobs that are pruned",
    break: (adapter) => {
      let pruned = 0;
      return decorate(adapter, {
        remove: async (query) => {
          const count = await adapter.remove(query);
          if (!("ids" in query)) pruned += count;
          return count;
        },
        lanes: async (query) =>
          (await adapter.lanes(query)).map((lane) =>
            pruned > 0 ? { ...lane, counts: { ...lane.counts, failed: (lane.counts["failed"] ?? 0) + pruned } } : lane,
          ),
      });
    },
  },
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
    promise: "P22",
    name: "records everything, asked or not",
    break: (adapter) =>
      decorate(adapter, {
        insert: async (jobs, at) => {
          for (const job of jobs) await adapter.configure(job.lane, { history: "all" });
          return adapter.insert(jobs, at);
        },
      }),
  },
  {
    promise: "P22",
    name: "does not know `history`",
    break: (adapter) =>
      decorate(adapter, {
        configure: (lane, settings) => adapter.configure(lane, without(settings, "history")),
      }),
  },
  {
    promise: "P22",
    name: "keeps the last thousand events of a log",
    break: (adapter) =>
      decorate(adapter, {
        events: async (query) => {
          const page = await adapter.events(query);
          return { ...page, items: page.items.slice(-1000) };
        },
      }),
  },
  {
    promise: "P22",
    name: "takes an event for a new version",
    break: (adapter) =>
      decorate(adapter, {
        append: async (entries, at) => {
          const outcomes = await adapter.append(entries, at);
          const found = await adapter.get(entries.map((entry) => entry.id));
          for (const job of found) {
            if (job)
              await adapter.cas([{ id: job.id, expect: { version: job.version }, set: { attempt: job.attempt } }], at);
          }
          return outcomes;
        },
      }),
  },
  {
    promise: "P23",
    name: "shows the last event of a page again",
    break: (adapter) => {
      const before = new Map<string, string>();
      return decorate(adapter, {
        events: async (query) => {
          const page = await adapter.events({
            ...query,
            ...(query.after && { after: before.get(query.after) ?? query.after }),
          });
          const shorter = await adapter.events({ ...query, limit: Math.max(1, page.items.length - 1) });
          if (page.items.length > 1) before.set(page.after, shorter.after);
          return page;
        },
      });
    },
  },
  {
    promise: "P23",
    name: "misses late-committed events: a reader passes over one that is being written",
    break(adapter) {
      const uncommitted = new Set<string>();
      const keyOf = (id: string, event: unknown) => JSON.stringify([id, event]);
      return decorate(adapter, {
        append: async (entries, at) => {
          const keys = entries.map(({ id, event }) => keyOf(id, event));
          for (const key of keys) uncommitted.add(key);
          const outcomes = await adapter.append(entries, at);
          await new Promise(setImmediate);
          for (const key of keys) uncommitted.delete(key);
          return outcomes;
        },
        events: async (query) => {
          const page = await adapter.events(query);
          const isSeen = page.items.map(({ id, data }) => !uncommitted.has(keyOf(id, data)));
          return {
            ...page,
            items: page.items.filter((_, i) => isSeen[i]),
            cursors: page.cursors.filter((_, i) => isSeen[i]),
          };
        },
      });
    },
  },
  {
    promise: "P23",
    name: "skips an event between two pages",
    break: (adapter) =>
      decorate(adapter, {
        events: async (query) => {
          const page = await adapter.events({ ...query, limit: query.limit + 1 });
          return { ...page, items: page.items.slice(0, query.limit) };
        },
      }),
  },
  {
    promise: "P23",
    name: "gives no place to go on from at the end of the log",
    break: (adapter) =>
      decorate(adapter, {
        events: async (query) => {
          const page = await adapter.events(query);
          return page.items.length === 0 ? { ...page, after: encodeCursor("events", [0]) } : page;
        },
      }),
  },
  {
    promise: "P23",
    name: "goes on behind the page from each of its events",
    break: (adapter) =>
      decorate(adapter, {
        events: async (query) => {
          const page = await adapter.events(query);
          return { ...page, cursors: page.items.map(() => page.after) };
        },
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
